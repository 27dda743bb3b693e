"""What a provider does wrong, seen by somebody who chats over a WebSocket: the right answer or one error frame.

Each of the four providers is played by its stand-in, whose script says what goes wrong with which message. The same
faults, and more of them, are tried without the emulator in TurnChaosTests.swift.
"""
import asyncio
import json
import pathlib
import tempfile
import time

from harness import Chat, Emulator, READY, run

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
ANSWER = "Everything is in order again."
COMPLETE, UNAVAILABLE, BUSY = ("complete", "complete"), ("error", "model_unavailable"), ("error", "too_many_requests")
DEADLINE = 27


def once(fault):
    return {"text": ANSWER, "fault": fault + ";times=1"}


def always(fault):
    return {"text": ANSWER, "fault": fault}


# name -> (what the script says, how the turn ends, how the text begins)
CASES = {
    "429 with a short wait": (once("status=429;retry-after=1"), COMPLETE, ANSWER),
    "429 with a long wait": (always("status=429;retry-after=300"), BUSY, ""),
    **{f"{status} once": (once(f"status={status}"), COMPLETE, ANSWER) for status in (408, 500, 502, 503, 504, 529)},
    "503 always": (always("status=503"), UNAVAILABLE, ""),
    **{f"{status}": (always(f"status={status}"), UNAVAILABLE, "") for status in (400, 401, 402, 403, 404, 413, 422)},
    "disconnect before text": (once("stream=disconnect;after=0"), COMPLETE, ANSWER),
    "disconnect in the text": (always("stream=disconnect;after=1"), UNAVAILABLE, None),
    "truncated": (always("stream=truncate;after=1"), UNAVAILABLE, None),
    "truncated before text": (once("stream=truncate;after=0"), COMPLETE, ANSWER),
    "malformed event": (always("stream=malformed;after=1"), UNAVAILABLE, None),
    "error event": (always("stream=error;after=1"), UNAVAILABLE, None),
    "error event before text": (once("stream=error;after=0"), COMPLETE, ANSWER),
    "slow to begin": (always("delay=700"), COMPLETE, ANSWER),
    "an empty answer": ({"finish": "stop"}, UNAVAILABLE, ""),
    "cut at its length": ({"text": ANSWER, "finish": "length"}, ("complete", "length"), ANSWER),
    "held back by the filter": ({"text": ANSWER, "finish": "filter"}, ("complete", "filtered"), ANSWER),
}
BROKEN_TOOL = "broken tool arguments"


def script():
    # Which specialist answers is asked before; that must not use up a fault.
    answers = [{"contains": "Message: This is case", "text": "general"}]
    answers += [{"contains": f"case {name}.", "pace": 5} | says for name, (says, _, _) in CASES.items()]
    call = {"toolCalls": [{"name": "get_word_details", "arguments": {"word": "水"}}], "fault": "stream=arguments"}
    answers += [{"contains": f"case {BROKEN_TOOL}.", "times": 1} | call, {"contains": "not JSON", "text": ANSWER},
                {"contains": "invalid", "text": ANSWER}, {"contains": "case stall.", "text": ANSWER, "fault": "stream=stall;after=1"}]
    path = pathlib.Path(folder.name) / "script.json"
    path.write_text(json.dumps({"answers": answers}))
    return str(path)


def ending(frame):
    return frame["type"], frame.get("code") or frame.get("finishReason")


async def ask(name, expected, text):
    async with Chat(READY["token"]) as chat:
        began = time.monotonic()
        frames = await chat.ask(f"This is case {name}.", seconds=60)
        assert time.monotonic() - began < DEADLINE, f"{name}: after {time.monotonic() - began:.0f} s"
        said = "".join(frame["content"] for frame in frames if frame["type"] == "chunk")
        assert ending(frames[-1]) == expected, f"{name}: {frames[-1]}, {said!r}"
        ends = [frame for frame in frames if frame["type"] in ("complete", "error")]
        assert len(ends) == 1, f"{name}: {ends}"
        if text is None:
            assert ANSWER.startswith(said) and said != ANSWER, f"{name}: {said!r}"
        else:
            assert said == text, f"{name}: {said!r}"
        try:
            more = await chat.receive(0.05)
            raise AssertionError(f"{name}: {more} behind the end")
        except asyncio.TimeoutError:
            pass


async def all_faults(provider, *more):
    with Emulator(folder.name + "/state", "--script", script(), LLM_PROVIDER=provider):
        for name, (_, expected, text) in CASES.items():
            await ask(name, expected, text)
        if provider != "gemini":  # sends arguments as JSON: they cannot be broken there
            await ask(BROKEN_TOOL, COMPLETE, ANSWER)
        for name, expected, text in more:
            await ask(name, expected, text)
    print(f"        {len(CASES) + len(more)} cases", flush=True)


def test_openai():
    asyncio.run(all_faults("openai", ("stall", ("error", "deadline_exceeded"), None)))


def test_anthropic():
    asyncio.run(all_faults("anthropic"))


def test_gemini():
    asyncio.run(all_faults("gemini"))


def test_bedrock():
    asyncio.run(all_faults("bedrock"))


run(globals())

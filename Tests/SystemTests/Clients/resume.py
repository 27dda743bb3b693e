"""A client that drops at random points of an answer and comes back gets the exact text, once."""
import asyncio
import os
import random
import tempfile
import time

from harness import Chat, Emulator, READY, SlowProvider, get_json, http, run
from sse import said, stream

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
SEED = int(os.environ.get("MARTLET_SEED", time.time_ns() % 2**31))
DROPS = 20


class Answer:
    """What a client has of an answer: each chunk once, in order."""

    def __init__(self):
        self.chunks, self.end, self.conversation = {}, None, None

    def take(self, frame):
        if frame["type"] == "start":
            self.conversation = frame["conversationId"]
        elif frame["type"] == "chunk":
            assert frame["index"] not in self.chunks, f"chunk {frame['index']} came twice"
            assert frame["index"] == len(self.chunks), f"chunk {frame['index']} behind {len(self.chunks)} others"
            self.chunks[frame["index"]] = frame["content"]
        elif frame["type"] in ("complete", "error"):
            self.end = frame

    @property
    def text(self):
        return "".join(self.chunks[index] for index in sorted(self.chunks))


async def drop(chat):
    """Ends the connection without a word, as a lost network does."""
    chat.socket.transport.abort()


async def one(number, generator, words):
    answer, id, sent = Answer(), f"drop-{number}-{time.time_ns()}", False
    drops = generator.choice([1, 1, 2])
    while not answer.end:
        async with Chat(READY["token"]) as chat:
            if not sent:
                await chat.send({"action": "chat", "id": id, "message": "Talk for long", "fresh": True})
                sent = True
                await asyncio.sleep(0.15)
            else:
                await chat.send({"action": "resume", "id": id, "index": len(answer.chunks) - 1})
            frames = generator.randrange(0, words) if drops else 10**9
            for _ in range(frames):
                frame = await chat.receive()
                assert frame.get("id") == id, frame
                answer.take(frame)
                if answer.end:
                    break
            if drops and not answer.end:
                drops -= 1
                await drop(chat)
        await asyncio.sleep(generator.uniform(0, 0.6))
    assert answer.end["type"] == "complete", answer.end
    expected = "".join(f"word{n} " for n in range(words))
    assert answer.text == expected, f"got {answer.text!r}"
    status, stored = get_json(f"/api/v1/conversations/{answer.conversation}/messages", READY["token"])
    texts = [message["content"] for message in stored["messages"] if message["role"] == "assistant"]
    assert status == 200 and texts == [expected], texts


async def test_drops_at_random_points():
    print("seed", SEED)
    generator = random.Random(SEED)
    async with SlowProvider(words=40, pause=0.03) as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            for start in range(0, DROPS, 5):
                await asyncio.gather(*(one(start + n, random.Random(generator.random()), 40) for n in range(5)))


def one_by_events(number, generator, words):
    """The same over server-sent events, each come-back with the last id that the client has."""
    key, last, answer = f"events-{number}-{time.time_ns()}", None, []
    drops = generator.choice([1, 1, 2])
    while not answer or answer[-1]["event"] not in ("complete", "error"):
        cut = generator.randrange(1, words) if drops else None
        drops -= 1
        status, _, events = stream(
            {"message": "Talk for long", "fresh": True}, READY["token"], last=last, stop_after=cut, key=key)
        assert status == 200, events
        answer += events
        last = answer[-1]["id"]
        time.sleep(generator.uniform(0, 0.6))
    assert answer[-1]["event"] == "complete", answer[-1]
    indexes = [event["data"]["index"] for event in answer if event["event"] == "chunk"]
    assert indexes == list(range(len(indexes))), indexes
    expected = "".join(f"word{n} " for n in range(words))
    assert said(answer) == expected, said(answer)


async def test_drops_of_event_streams():
    generator = random.Random(SEED)
    async with SlowProvider(words=40, pause=0.03) as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            for start in range(0, DROPS, 5):
                await asyncio.gather(
                    *(
                        asyncio.to_thread(one_by_events, start + n, random.Random(generator.random()), 40)
                        for n in range(5)
                    )
                )


async def test_an_answer_by_http_is_stopped():
    async with SlowProvider(words=400, pause=0.03) as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            _, _, have = await asyncio.to_thread(stream, {"message": "Talk", "fresh": True}, READY["token"], stop_after=3)
            message = have[0]["data"]["messageId"]
            status, _, text = await asyncio.to_thread(
                http, f"/api/v1/messages/{message}/stop", READY["token"], "POST", b""
            )
            assert status == 202, text
            _, _, rest = await asyncio.to_thread(stream, {"message": "Talk", "fresh": True}, READY["token"], last=have[-1]["id"])
            assert rest[-1]["event"] == "complete" and rest[-1]["data"]["finishReason"] == "stopped", rest[-1]
            assert said(have + rest).count("word") < 400


async def test_comes_back_behind_the_end():
    async with SlowProvider(words=12, pause=0.02) as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            answer, id = Answer(), "late"
            async with Chat(READY["token"]) as chat:
                await chat.send({"action": "chat", "id": id, "message": "Talk", "fresh": True})
                for _ in range(4):
                    answer.take(await chat.receive())
                await drop(chat)
            await asyncio.sleep(1.2)
            async with Chat(READY["token"]) as chat:
                await chat.send({"action": "resume", "id": id, "index": len(answer.chunks) - 1})
                while not answer.end:
                    answer.take(await chat.receive())
            assert answer.text == "".join(f"word{n} " for n in range(12)), answer.text
            assert answer.end["type"] == "complete", answer.end


async def test_nobody_comes_back():
    async with SlowProvider(words=2_000, pause=0.05) as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k", RESUME_GRACE_SECONDS="1"):
            async with Chat(READY["token"]) as chat:
                await chat.send({"action": "chat", "id": "left", "message": "Talk for long", "fresh": True})
                while (frame := await chat.receive())["type"] != "chunk":
                    pass
                await drop(chat)
            began = time.monotonic()
            while provider.streams:
                assert time.monotonic() - began < 8, "the provider's stream goes on"
                await asyncio.sleep(0.05)
            assert time.monotonic() - began > 0.5, "the turn did not wait for its client"
            async with Chat(READY["token"]) as chat:
                await chat.send({"action": "resume", "id": "left", "index": -1})
                frames = await chat.turn("left")
            assert frames[-1]["type"] == "error", frames[-1]
            text = "".join(f["content"] for f in frames if f["type"] == "chunk")
            assert text.startswith("word0 word1 "), text


async def test_stop_from_another_connection():
    async with SlowProvider() as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            async with Chat(READY["token"]) as first:
                await first.send({"action": "chat", "id": "two", "message": "Talk for long", "fresh": True})
                while (frame := await first.receive())["type"] != "chunk":
                    pass
                await drop(first)
            async with Chat(READY["token"]) as second:
                await second.send({"action": "resume", "id": "two", "index": frame["index"]})
                await second.receive()
                await second.send({"action": "stop", "id": "two"})
                end = (await second.turn("two"))[-1]
                assert end["type"] == "complete" and end["finishReason"] == "stopped", end


run(globals())

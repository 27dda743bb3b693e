"""Faults that a user would notice: processes killed in the middle of a turn, a stop, restarts, signals."""
import asyncio
import os
import signal
import tempfile
import time

from harness import (Chat, Emulator, READY, SlowProvider, completed, get_json, kill, run, sandboxes, text_of, token,
                     wait_until)

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def gone(process):
    try:
        os.kill(process, 0)
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


async def first_chunk(chat, id):
    while (frame := await chat.receive()).get("type") != "chunk":
        assert frame.get("type") != "error", frame


async def test_sandbox_killed_in_the_middle_of_a_turn():
    async with SlowProvider() as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            async with Chat(READY["token"]) as chat:
                await chat.send({"action": "chat", "id": "doomed", "message": "Talk for long", "fresh": True})
                await first_chunk(chat, "doomed")
                began = time.monotonic()
                for process in sandboxes("chat"):
                    kill(process)
                while (frame := await chat.receive()).get("type") == "chunk":
                    pass
                assert time.monotonic() - began < 1, "the error came after more than a second"
                assert frame["message"] == "Internal server error" and frame["connectionId"] and frame["requestId"], frame
                provider.words = 3
                completed(await chat.ask("And now?"))


async def test_stop_ends_a_turn():
    async with SlowProvider() as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            async with Chat(READY["token"]) as chat:
                await chat.send({"action": "chat", "id": "long", "message": "Talk for long", "fresh": True})
                await first_chunk(chat, "long")
                began = time.monotonic()
                await chat.send({"action": "stop", "id": "long"})
                frames = await chat.turn("long")
                assert time.monotonic() - began < 2, "stopped after more than two seconds"
                assert frames[-1]["type"] == "complete" and frames[-1]["finishReason"] == "stopped", frames[-1]
                while provider.streams:
                    assert time.monotonic() - began < 3, "the provider's stream goes on"
                    await asyncio.sleep(0.02)


async def test_emulator_killed_and_started_again():
    with Emulator(folder.name) as emulator:
        async with Chat(READY["token"]) as chat:
            made = completed(await chat.ask("What does 食べる mean?"))
        processes = sandboxes()
        assert processes, "no sandbox is running"
        emulator.stop(signal.SIGKILL)
        wait_until(lambda: all(gone(p) for p in processes), 5, "the sandboxes end with the emulator")
    with Emulator(folder.name):
        root = token("--user", "root", "--role", "admin")
        status, page = get_json(f"/api/v1/admin/chat/conversations/{made['conversationId']}", root)
        assert status == 200 and "to eat" in str(page), page


async def test_signals_end_everything():
    for how in [signal.SIGINT, signal.SIGTERM]:
        with Emulator(folder.name) as emulator:
            async with Chat(READY["token"]) as chat:
                completed(await chat.ask("What does 水 mean?"))
                processes = sandboxes()
                began = time.monotonic()
                status = emulator.stop(how)
                assert time.monotonic() - began < 2, "took more than two seconds"
                assert status in (0, 130, 143, -how), status
                assert all(gone(p) for p in processes), "sandboxes are left"


def test_two_on_one_state():
    with Emulator(folder.name):
        try:
            with Emulator(folder.name):
                raise AssertionError("a second emulator started on the same state")
        except AssertionError as error:
            assert "did not start" in str(error) and str(READY["pid"]) in str(error), error


run(globals())

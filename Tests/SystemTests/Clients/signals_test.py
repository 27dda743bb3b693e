"""SIGTERM at any point of an answer: what a sandbox gets when Lambda takes it away, and the emulator's own end."""
import asyncio
import os
import random
import signal
import socket
import tempfile
import time

import websockets

from harness import Chat, Emulator, READY, SlowProvider, completed, get_json, kill, run, sandboxes, token

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
POINTS, WORDS, PAUSE = 20, 40, 0.02


def gone(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def check_order(frames):
    chunks = [frame["index"] for frame in frames if frame.get("type") == "chunk"]
    assert chunks == list(range(len(chunks))), chunks
    kinds = [frame.get("type") for frame in frames]
    assert not chunks or kinds[0] == "start", kinds
    # What API Gateway says when a function ends without an answer has no type.
    assert kinds[-1] in ("complete", "error") or frames[-1]["message"] == "Internal server error", frames[-1]
    assert not set(kinds[:-1]) & {"complete", "error", None}, kinds
    return kinds[-1]


def questions(conversation, admin):
    """How often the conversation has a question."""
    status, page = get_json(f"/api/v1/admin/chat/conversations/{conversation}", admin)
    assert status in (200, 404), page
    return sum(message["role"] == "user" for message in page.get("messages", []))


async def all_end(processes, signalled):
    while not all(gone(process) for process in processes):
        assert time.monotonic() - signalled < 2, "it goes on after two seconds"
        await asyncio.sleep(0.01)


async def test_a_sandbox_at_random_points():
    ends = []
    async with SlowProvider(WORDS, PAUSE) as provider:
        with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k"):
            admin = token("--user", "root", "--role", "admin")
            async with Chat(READY["token"]) as chat:
                completed(await chat.ask("Are you there?"))
                for number in range(POINTS):
                    asking = asyncio.create_task(chat.ask(f"Question {number}", seconds=20))
                    await asyncio.sleep(random.uniform(0, WORDS * PAUSE * 1.3))
                    processes, signalled = sandboxes("chat"), time.monotonic()
                    for process in processes:
                        kill(process, signal.SIGTERM)
                    frames = await asking
                    await all_end(processes, signalled)
                    ends.append(check_order(frames))
                    conversation = frames[0].get("conversationId")
                    stored = questions(conversation, admin) if conversation else 0
                    assert stored == 1 if ends[-1] == "complete" else stored <= 1, (ends[-1], stored)
    print(f"ends: {ends}")
    assert "error" in ends, "no answer was hit"


async def test_the_emulator_at_random_points():
    async with SlowProvider(WORDS, PAUSE) as provider:
        for _ in range(POINTS // 4):
            with Emulator(folder.name, OPENAI_BASE_URL=provider.url, OPENAI_API_KEY="k") as emulator:
                ports = [int(READY[name].rsplit(":", 1)[1]) for name in ("gateway", "services")]
                chat = Chat(READY["token"])
                async with chat:
                    asking = asyncio.create_task(chat.ask("Talk", seconds=20))
                    await asyncio.sleep(random.uniform(0, WORDS * PAUSE * 1.3))
                    processes, signalled = sandboxes(), time.monotonic()
                    emulator.process.terminate()
                    try:
                        check_order(await asking)
                    except websockets.exceptions.ConnectionClosed:
                        pass
                    await asyncio.to_thread(emulator.process.wait, 10)
                    await all_end(processes, signalled)
                for port in ports:
                    with socket.create_server(("127.0.0.1", port)):
                        pass


seed = int.from_bytes(os.urandom(4), "big")
random.seed(seed)
print(f"seed {seed}")
run(globals())

"""A warm chat turn with the local model, measured at the client: from the frame sent to the first chunk and to the end.

One connection, one turn at a time, release build, everything on this machine: gateway, sandbox, stores, model.
Prints medians and the 99th percentile in milliseconds.
"""
import asyncio
import os
import pathlib
import statistics
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "Tests/SystemTests/Clients"))
os.environ.setdefault("MARTLET_PROGRAM", str(root / ".build/release/martlet"))
os.environ.setdefault("MARTLET_BUILD", str(root / ".build/release"))
os.environ.setdefault("MARTLET_PROJECT", str(root))
from harness import Chat, Emulator, READY  # noqa: E402

WARM_UP, TURNS = 20, 200


async def one(chat, number):
    id, first = f"b-{number}", None
    began = time.perf_counter()
    await chat.send({"action": "chat", "id": id, "conversationId": None, "message": "What does 食べる mean?"})
    while True:
        frame = await chat.receive()
        if frame["type"] == "chunk" and first is None:
            first = time.perf_counter() - began
        if frame["type"] == "complete":
            return first * 1000, (time.perf_counter() - began) * 1000
        assert frame["type"] != "error", frame


async def main():
    async with Chat(READY["token"]) as chat:
        for number in range(WARM_UP):
            await one(chat, number)
        turns = [await one(chat, WARM_UP + number) for number in range(TURNS)]
    for name, values in zip(["first chunk", "whole turn"], zip(*turns)):
        ordered = sorted(values)
        print(f"turn: {name:12} median {statistics.median(ordered):6.2f} ms   "
              f"p99 {ordered[int(len(ordered) * 0.99)]:6.2f} ms   ({TURNS} turns)")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Emulator(folder + "/state"):
    asyncio.run(main())

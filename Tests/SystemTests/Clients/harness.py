"""What the clients of the system tests share: where the emulator is, and how a script's checks run.

A script is a set of functions named `test_…`, plain or async; `run(globals())` calls each in its order and ends with
status 1 when one of them raised. The emulator's ready line (`martlet start --json`) comes in the environment variable
MARTLET_READY, the built program's path in MARTLET_PROGRAM.
"""
import asyncio
import inspect
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request

import websockets
from websockets.asyncio.client import connect

READY = json.loads(os.environ.get("MARTLET_READY", "{}"))
PROGRAM = os.environ.get("MARTLET_PROGRAM", "")
STATE = os.environ.get("MARTLET_STATE", "")
numbers = itertools.count(1)


def run(names):
    failed = 0
    for name, test in list(names.items()):
        if not name.startswith("test_") or not callable(test):
            continue
        try:
            began = time.monotonic()
            asyncio.run(within(test())) if inspect.iscoroutinefunction(test) else test()
            print(f"ok      {name} ({(time.monotonic() - began) * 1000:.0f} ms)", flush=True)
        except BaseException:
            failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failed else 0)


async def within(awaitable, seconds=60):
    return await asyncio.wait_for(awaitable, seconds)


def token(*arguments):
    """A token of the running emulator: token("--user", "root", "--role", "admin")."""
    command = [PROGRAM, "token", *arguments] + (["--dir", STATE] if STATE else [])
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def http(path, bearer=None, method="GET", body=None, headers=None, base=None):
    """(status, headers, body bytes) of a request to the gateway; error statuses are answers too."""
    request = urllib.request.Request((base or READY["gateway"]) + path, data=body, method=method)
    if bearer:
        request.add_header("Authorization", f"Bearer {bearer}")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def get_json(path, bearer=None):
    status, _, body = http(path, bearer)
    return status, json.loads(body)


class Chat:
    """One WebSocket connection of one user: `async with Chat(token) as chat: await chat.ask("…")`."""

    def __init__(self, bearer=None, assistant="japanese", url=None, **options):
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        query = f"?assistant={assistant}" if assistant else ""
        self.connecting = connect((url or READY["websocket"]) + query, additional_headers=headers,
                                  open_timeout=20, max_size=None, **options)

    async def __aenter__(self):
        self.socket = await self.connecting
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def send(self, frame):
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def receive(self, seconds=30):
        return json.loads(await asyncio.wait_for(self.socket.recv(), seconds))

    async def turn(self, id, seconds=30):
        """The frames of one turn up to its end."""
        frames = []
        while True:
            frame = await self.receive(seconds)
            if frame.get("id", id) != id:
                continue
            frames.append(frame)
            if frame.get("type") in ("complete", "error") or "connectionId" in frame:
                return frames

    async def ask(self, message, conversation=None, id=None, seconds=30, **more):
        id = id or f"m-{next(numbers)}-{time.time_ns()}"
        await self.send({"action": "chat", "id": id, "conversationId": conversation, "message": message, **more})
        return await self.turn(id, seconds)

    async def decide(self, confirmation, approve, seconds=30):
        """Says yes or no to what an answer asked to confirm."""
        await self.send({"action": "confirm", "id": confirmation, "approve": approve})
        return await self.turn(confirmation, seconds)


def text_of(frames):
    chunks = [f for f in frames if f["type"] == "chunk"]
    assert [c["index"] for c in chunks] == list(range(len(chunks))), f"chunk order: {chunks}"
    return "".join(c["content"] for c in chunks)


def completed(frames):
    assert frames[-1].get("type") == "complete", f"no complete frame: {frames[-3:]}"
    assert frames[0]["type"] == "start", f"no start frame first: {frames[0]}"
    return frames[-1]


async def expect_refusal(status, **options):
    try:
        async with Chat(**options):
            raise AssertionError(f"connected, expected {status}")
    except websockets.exceptions.InvalidStatus as refused:
        got = refused.response.status_code
        assert got == status, f"{got} {refused.response.body!r}, expected {status}"


def sandboxes(handler=None):
    """The process ids of this emulator's sandboxes, found by what their environment says."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                pairs = dict(p.split(b"=", 1) for p in file.read().split(b"\0") if b"=" in p)
        except OSError:
            continue
        mine = pairs.get(b"AWS_ENDPOINT_URL", b"").decode() == READY["services"]
        if mine and b"AWS_LAMBDA_RUNTIME_API" in pairs and handler in (None, pairs.get(b"_HANDLER", b"").decode()):
            found.append(int(entry))
    return found


def kill(process, how=signal.SIGKILL):
    os.kill(process, how)


def wait_until(condition, seconds=10, what="condition"):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Emulator:
    """An emulator of a script's own: `with Emulator(folder) as ready: …`; ends it, and what it started."""

    def __init__(self, folder, *arguments, **environment):
        self.command = [PROGRAM, "start", "--json", "--port", "0", "--service-port", "0", "--dir", folder,
                        "--build", os.environ["MARTLET_BUILD"], *arguments]
        self.environment = os.environ | environment

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        cwd=os.environ["MARTLET_PROJECT"], env=self.environment)
        self.log = []
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()
        line = self.process.stdout.readline()
        assert line, "the emulator did not start:\n" + "".join(self.log)
        READY.clear()
        READY.update(json.loads(line))
        global STATE
        STATE = self.command[self.command.index("--dir") + 1]
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM, seconds=10):
        """Its exit status (negative: the signal that ended it)."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(seconds)


class SlowProvider:
    """A model provider (OpenAI Chat Completions) that streams one word every `pause` seconds."""

    def __init__(self, words=200, pause=0.05):
        self.words, self.pause, self.streams = words, pause, 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def answer(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
            await reader.readexactly(int(length[0]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            self.streams += 1
            for number in range(self.words):
                self.event(writer, {"content": f"word{number} "})
                await writer.drain()
                await asyncio.sleep(self.pause)
            self.event(writer, {}, "stop")
            writer.write(b"data: [DONE]\n\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.streams -= 1
            writer.close()

    @staticmethod
    def event(writer, delta, finish=None):
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "slow",
                 "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        writer.write(f"data: {json.dumps(chunk)}\n\n".encode())

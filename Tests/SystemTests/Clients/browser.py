"""A headless Chromium, driven through its DevTools protocol. Needs Debian's chromium and websockets from PyPI."""
import asyncio
import base64
import contextlib
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.request

import websockets

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "Space": 32, "ArrowDown": 40, "Delete": 46, "F2": 113}


class Failure(Exception):
    """A promise of the page that was not kept."""


class Page:
    """A tab. Collects what goes wrong in it (`errors`) and the WebSocket frames it receives (`frames`)."""

    def __init__(self, socket):
        self.socket, self.number, self.errors, self.frames, self.waiting = socket, 0, [], [], {}
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            answer = self.waiting.pop(message.get("id"), None)
            if answer:
                answer.set_result(message)
            else:
                self.note(message.get("method"), message.get("params", {}))

    def note(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append("exception: " + details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"log: {params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append("console: " + " ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Network.webSocketFrameReceived":
            self.frames.append(json.loads(params["response"]["payloadData"]))

    async def call(self, method, **params):
        self.number += 1
        self.waiting[self.number] = answer = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        message = await asyncio.wait_for(answer, 30)
        if "error" in message:
            raise Failure(f"{method}: {message['error']['message']}")
        return message["result"]

    async def evaluate(self, expression):
        """The value of an expression; promises are awaited, exceptions become failures."""
        result = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
                                 userGesture=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Failure(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    async def run(self, body):
        """The value that the body of an async function returns."""
        return await self.evaluate("(async () => {" + body + "})()")

    async def until(self, expression, what, seconds=20):
        """Waits until an expression holds."""
        deadline = time.monotonic() + seconds
        while not (value := await self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise Failure(f"waited {seconds} s in vain: {what}")
            await asyncio.sleep(0.03)
        return value

    async def open(self, address):
        await self.call("Page.navigate", url="about:blank")
        await self.call("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'", "the page loads")

    async def press(self, key, modifiers=0):
        facts = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": modifiers}
        text = {"Enter": "\r", "Space": " "}.get(key)
        await self.call("Input.dispatchKeyEvent", type="keyDown", **facts, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    async def type(self, text):
        await self.call("Input.insertText", text=text)

    async def close_sockets(self):
        """Ends every WebSocket of the page, as a lost network would."""
        prototype = await self.call("Runtime.evaluate", expression="WebSocket.prototype")
        found = await self.call("Runtime.queryObjects", prototypeObjectId=prototype["result"]["objectId"])
        await self.call("Runtime.callFunctionOn", objectId=found["objects"]["objectId"],
                        functionDeclaration="function () { this.forEach((socket) => socket.close()); }")

    async def picture(self, path):
        shot = await self.call("Page.captureScreenshot", format="png")
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))


@contextlib.asynccontextmanager
async def browser():
    """A tab in a Chromium of its own, which ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = await debugging_port(pathlib.Path(profile) / "DevToolsActivePort")
            pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
            address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
            async with websockets.connect(address, max_size=None) as socket:
                page = Page(socket)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await page.call(domain + ".enable")
                yield page
                page.reader.cancel()
        finally:
            process.terminate()
            process.wait()


async def debugging_port(file):
    deadline = time.monotonic() + 20
    while not file.exists() or len(file.read_text().split()) < 2:
        if time.monotonic() > deadline:
            raise Failure("chromium did not start")
        await asyncio.sleep(0.02)
    return file.read_text().split()[0]

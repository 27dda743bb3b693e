"""A foreign server between us and the models: LiteLLM's proxy, unmodified, from PyPI.

    a chat over a WebSocket -> our functions -> LiteLLM's proxy -> the stand-ins of another emulator

Each of our four providers asks the proxy in its own protocol, by its base URL alone: OpenAI at /v1, Anthropic at
/v1/messages, Gemini at /v1beta/models and below /gemini, Bedrock's event stream below /bedrock. Each streams an answer
and calls a tool through it. The proxy lives in an environment of its own (requirements-litellm.txt).
"""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

from harness import Chat, Emulator, READY, completed, http, run, text_of

KEY = "sk-proxy-1234567890"
ENVIRONMENT = pathlib.Path(os.environ["MARTLET_PROJECT"]) / ".build/litellm"
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
SECONDS = 120


class Proxy:
    """LiteLLM's proxy in front of the stand-ins at an address."""

    def __init__(self, stand_ins):
        self.stand_ins = stand_ins
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def models(self):
        def model(name, **parameters):
            return {"model_name": name, "litellm_params": parameters}

        aws = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "aws_region_name": "us-east-1"}
        return [
            model("gpt-4o-mini", model="openai/gpt-4o-mini", api_base=self.stand_ins + "/openai/v1", api_key="upstream"),
            model("claude-haiku-4-5", model="anthropic/claude-haiku-4-5", api_base=self.stand_ins + "/anthropic",
                  api_key="upstream"),
            model("gemini-3.5-flash-lite", model="gemini/gemini-3.5-flash-lite", api_base=self.stand_ins + "/gemini/v1beta",
                  api_key="upstream"),
            model("amazon.nova-lite-v1:0", model="bedrock/amazon.nova-lite-v1:0",
                  aws_bedrock_runtime_endpoint=self.stand_ins + "/bedrock", **aws)]

    def __enter__(self):
        # JSON is YAML.
        settings = {"model_list": self.models(), "litellm_settings": {"telemetry": False, "num_retries": 0},
                    "general_settings": {"master_key": KEY}}
        path = pathlib.Path(folder.name) / "proxy.yaml"
        path.write_text(json.dumps(settings))
        environment = os.environ | {
            # No price list, no telemetry: it may ask nobody but the stand-ins.
            "LITELLM_LOCAL_MODEL_COST_MAP": "True", "DISABLE_ADMIN_UI": "True", "NO_PROXY": "*",
            "GEMINI_API_BASE": self.stand_ins + "/gemini", "GEMINI_API_KEY": "upstream"}
        self.log = open(pathlib.Path(folder.name) / "proxy.log", "w+")
        self.process = subprocess.Popen(
            [ENVIRONMENT / "bin/litellm", "--config", path, "--host", "127.0.0.1", "--port", str(self.port),
             "--telemetry", "False"], env=environment, stdout=self.log, stderr=self.log, cwd=folder.name)
        began = time.monotonic()
        while not self.is_up():
            assert self.process.poll() is None and time.monotonic() - began < SECONDS, "no proxy:\n" + self.text()
            time.sleep(0.2)
        print(f"        the proxy was up after {time.monotonic() - began:.0f} s", flush=True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def is_up(self):
        try:
            with urllib.request.urlopen(self.url + "/health/liveliness", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()[-4000:]


def asked(services):
    status, _, body = http("/_martlet/models/requests", base=services)
    assert status == 200, status
    http("/_martlet/models/requests", base=services, method="DELETE")
    return [request["path"] for request in json.loads(body)["requests"]]


CASES = [
    ("openai", "/openai/v1/chat/completions", lambda url: {"OPENAI_BASE_URL": url + "/v1", "OPENAI_API_KEY": KEY}),
    ("anthropic", "/anthropic/v1/messages", lambda url: {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY}),
    ("gemini", "/gemini/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent",
     lambda url: {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": KEY}),
    ("gemini", "/gemini/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent",
     lambda url: {"GOOGLE_GEMINI_BASE_URL": url + "/gemini", "GEMINI_API_KEY": KEY}),
    # The proxy's own key stands in `Authorization`, where a signature would: only a Bedrock key goes through it.
    ("bedrock", "/bedrock/model/amazon.nova-lite-v1:0/converse-stream",
     lambda url: {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url + "/bedrock", "AWS_BEARER_TOKEN_BEDROCK": KEY}),
]


# Said slowly, so that it shows whether the proxy's pieces come through one by one.
SLOW = {"answers": [{"contains": "slowly", "chunks": ["One ", "two ", "three ", "four."], "pace": 300}]}


async def streams(chat):
    await chat.send({"action": "chat", "id": f"slow-{time.time_ns()}", "message": "Count slowly", "fresh": True})
    first, text = None, ""
    while (frame := await chat.receive(60))["type"] != "complete":
        assert frame["type"] != "error", frame
        if frame["type"] == "chunk":
            first = first or time.monotonic()
            text += frame["content"]
    assert text == "One two three four.", text
    assert time.monotonic() - first > 0.5, "the answer came at once"


async def one_provider(name, path, settings, upstream):
    with Emulator(folder.name + "/ours", LLM_PROVIDER=name, **settings) as emulator:
        async with Chat(READY["token"]) as chat:
            await streams(chat)
            assert asked(upstream)[-1].replace("%3A", ":") == path, path
            frames = await chat.ask("What does 食べる mean?", seconds=60)
            completed(frames)
            assert "to eat" in text_of(frames), text_of(frames)
            assert [f for f in frames if f["type"] == "tool"], "no tool was called"
            assert frames[-1]["usage"]["outputTokens"] > 0, frames[-1]
        paths = [one.replace("%3A", ":") for one in asked(upstream)]
        assert paths == [path, path], paths
        assert not asked(READY["services"]), "our own stand-ins were asked"
        assert KEY not in "".join(emulator.log), "the key is in the log"


async def refused_key(url):
    with Emulator(folder.name + "/ours", OPENAI_BASE_URL=url + "/v1", OPENAI_API_KEY="sk-wrong-1234567890") as emulator:
        async with Chat(READY["token"]) as chat:
            frames = await chat.ask("What does 食べる mean?", seconds=60)
        assert frames[-1]["type"] == "error" and frames[-1]["code"] == "model_unavailable", frames
        assert "sk-wrong-1234567890" not in "".join(emulator.log) + json.dumps(frames), "the refused key is told"


def test_our_providers_through_litellm():
    import asyncio
    script = pathlib.Path(folder.name) / "slow.json"
    script.write_text(json.dumps(SLOW))
    with Emulator(folder.name + "/theirs", "--script", str(script)):
        upstream = READY["services"]
        with Proxy(upstream) as proxy:
            for name, path, settings in CASES:
                began = time.monotonic()
                try:
                    asyncio.run(one_provider(name, path, settings(proxy.url), upstream))
                except BaseException:
                    print(proxy.text(), flush=True)
                    raise
                print(f"        {name}: {time.monotonic() - began:.1f} s", flush=True)
            asyncio.run(refused_key(proxy.url))


run(globals())

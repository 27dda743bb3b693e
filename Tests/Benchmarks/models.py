"""The stand-ins for model providers: time to the first byte of a streamed answer, and to its end.

One client with one open connection, as an SDK has it, one request at a time, release build. Each provider is asked for
a chat answer as a stream; `whole` is the same without a stream, `embedding` one text. Prints median and 99th percentile
in milliseconds. The bar is a first byte within 1 ms (median).
"""
import http.client
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
import urllib.parse

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "Tests/SystemTests/Clients"))
os.environ.setdefault("MARTLET_PROGRAM", str(root / ".build/release/martlet"))
os.environ.setdefault("MARTLET_BUILD", str(root / ".build/release"))
os.environ.setdefault("MARTLET_PROJECT", str(root))
from harness import Emulator, READY  # noqa: E402

WARM_UP, REQUESTS = 50, 1000
TEXT = "How many days do refunds take?"
CONTEXT = '<context><passage id="1" source="s" title="Refunds">Refunds take five days.</passage></context>'
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/bedrock/aws4_request"}
MESSAGES = [{"role": "system", "content": CONTEXT}, {"role": "user", "content": TEXT}]
ASKS = {
    "openai stream": ("/openai/v1/chat/completions", {"Authorization": "Bearer k"},
                      {"model": "m", "stream": True, "messages": MESSAGES}),
    "openai whole": ("/openai/v1/chat/completions", {"Authorization": "Bearer k"}, {"model": "m", "messages": MESSAGES}),
    "openai response": ("/openai/v1/responses", {"Authorization": "Bearer k"},
                        {"model": "m", "stream": True, "instructions": CONTEXT, "input": TEXT}),
    "openai embedding": ("/openai/v1/embeddings", {"Authorization": "Bearer k"},
                         {"model": "text-embedding-3-small", "input": TEXT, "encoding_format": "base64"}),
    "anthropic stream": ("/anthropic/v1/messages", {"x-api-key": "k", "anthropic-version": "2023-06-01"},
                         {"model": "m", "max_tokens": 500, "stream": True, "system": CONTEXT, "messages": MESSAGES[1:]}),
    "gemini stream": ("/gemini/v1beta/models/m:streamGenerateContent?alt=sse", {"x-goog-api-key": "k"},
                      {"systemInstruction": {"parts": [{"text": CONTEXT}]},
                       "contents": [{"role": "user", "parts": [{"text": TEXT}]}]}),
    "bedrock stream": ("/bedrock/model/m/converse-stream", SIGNED,
                       {"system": [{"text": CONTEXT}], "messages": [{"role": "user", "content": [{"text": TEXT}]}]}),
}


def one(connection, path, headers, body):
    began = time.perf_counter()
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read(1)
    first = time.perf_counter() - began
    answer.read()
    assert answer.status == 200, answer.status
    return first * 1000, (time.perf_counter() - began) * 1000


def main():
    place = urllib.parse.urlsplit(READY["services"])
    for name, (path, headers, body) in ASKS.items():
        connection = http.client.HTTPConnection(place.hostname, place.port)
        data, headers = json.dumps(body), headers | {"Content-Type": "application/json"}
        for _ in range(WARM_UP):
            one(connection, path, headers, data)
        measured = [one(connection, path, headers, data) for _ in range(REQUESTS)]
        connection.close()
        for what, values in zip(["first byte", "end"], zip(*measured)):
            ordered = sorted(values)
            print(f"models: {name:17} {what:11} median {statistics.median(ordered):6.2f} ms   "
                  f"p99 {ordered[int(len(ordered) * 0.99)]:6.2f} ms   ({REQUESTS} requests)")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Emulator(folder + "/state"):
    main()

#!/usr/bin/env python3
"""More of the stand-ins through the providers' own SDKs: responses, transcription, grounding, Vertex, retries.

    providers_more_test.py SERVICE_URL [--only NAME]

Runs with today's SDKs and with those of requirements-oldsdks.txt; the oldest Google SDK (google-generativeai) is tried
where it is installed.
"""
import asyncio
import io
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import time
import wave

import anthropic
import openai
from google import genai
from google.genai import types as gemini
import google.auth.credentials

from providers_test import (ABOUT, CONTEXT, NAME, QUESTION, SCHEMA, WORD, anthropic_client, bedrock_client, expect, fails,
                            gemini_client, main, openai_client)

ASK = "How many days do refunds take?"
RESPONSE_TOOLS = [{"type": "function", "name": NAME, "description": ABOUT, "parameters": SCHEMA, "strict": False}]


# OpenAI's responses


def responses_answer_and_stream(base):
    client = openai_client(base)
    whole = client.responses.create(model="gpt-4o", instructions=CONTEXT, input=ASK)
    expect("five days" in whole.output_text and whole.status == "completed", whole)
    expect(whole.usage.total_tokens > 0, whole.usage)
    events = list(client.responses.create(model="gpt-4o", instructions=CONTEXT, input=ASK, stream=True))
    expect([event.sequence_number for event in events] == list(range(len(events))), "numbers")
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    expect("".join(pieces) == whole.output_text and len(pieces) > 1, pieces)
    expect(events[-1].type == "response.completed" and events[-1].response.output_text == whole.output_text, events[-1])
    with client.responses.stream(model="gpt-4o", instructions=CONTEXT, input=ASK) as stream:
        for _ in stream:
            pass
        expect(stream.get_final_response().output_text == whole.output_text, "the helper reads something else")
    expect(client.responses.retrieve(whole.id).output_text == whole.output_text, "it is not remembered")
    cut = client.responses.create(model="gpt-4o", instructions=CONTEXT, input="Tell me all: " + ASK, max_output_tokens=16)
    expect(cut.status in ("completed", "incomplete"), cut)
    client.responses.delete(whole.id)
    fails(openai.NotFoundError, lambda: client.responses.retrieve(whole.id))


def responses_call_tools(base):
    client = openai_client(base)
    first = client.responses.create(model="gpt-4o", input=QUESTION, tools=RESPONSE_TOOLS)
    call = first.output[-1]
    expect(call.type == "function_call" and call.name == NAME and json.loads(call.arguments) == {"word": "食べる"}, call)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps(WORD)}
    answer = client.responses.create(model="gpt-4o", previous_response_id=first.id, input=[result], tools=RESPONSE_TOOLS)
    expect("to eat" in answer.output_text, answer)
    events = list(client.responses.create(model="gpt-4o", input=QUESTION, tools=RESPONSE_TOOLS, stream=True))
    parts = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    expect(json.loads("".join(parts)) == {"word": "食べる"}, parts)


def responses_fail_as_the_original(base):
    client = openai_client(base)
    ask = {"model": "gpt-4o", "input": "hi"}
    fails(openai.NotFoundError, lambda: client.responses.create(model="no-such-model", input="x"), code="model_not_found")
    fails(openai.BadRequestError, lambda: client.responses.create(**ask, previous_response_id="resp_none"),
          param="previous_response_id")
    fails(openai.BadRequestError, lambda: client.responses.create(**ask, tools=[{"type": "web_search_preview"}]))
    fails(openai.AuthenticationError, lambda: openai_client(base, "invalid").responses.create(**ask))
    fault = {"x-emulator-fault": "stream=error;after=1"}
    events = []
    try:
        events = list(client.responses.create(**ask, stream=True, extra_headers=fault))
    except openai.APIError:
        return
    expect(events[-1].type == "error", events[-1])


# Transcription


def recording(*parts, rate=16000):
    """A WAV file of tones and silences, in turns, each as many seconds long."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        for place, seconds in enumerate(parts):
            height = 12000 if place % 2 == 0 else 0
            out.writeframes(b"".join(struct.pack("<h", int(height * math.sin(moment / 5)))
                                     for moment in range(int(seconds * rate))))
    file.seek(0)
    file.name = "order.wav"
    return file


def openai_transcribes(base):
    client = openai_client(base)
    said = client.audio.transcriptions.create(
        model="whisper-1", file=recording(1, 1, 0.5), response_format="verbose_json",
        timestamp_granularities=["word", "segment"])
    expect(abs(float(said.duration) - 2.5) < 0.01 and len(said.segments) == 2, said)
    expect(abs(said.segments[1].start - 2) < 0.05 and abs(said.segments[1].end - 2.5) < 0.05, said.segments)
    expect(said.text == "(1.0 seconds of speech) (0.5 seconds of speech)" and said.words, said)
    quiet = client.audio.transcriptions.create(model="whisper-1", file=recording(0, 1))
    expect(quiet.text == "", quiet)
    subtitles = client.audio.transcriptions.create(model="whisper-1", file=recording(1), response_format="srt")
    expect(subtitles.startswith("1\n00:00:00,000 --> 00:00:01,000\n"), subtitles)
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=recording(1), stream=True))
    expect(events[-1].type == "transcript.text.done" and "1.0 seconds" in events[-1].text, events)
    expect("".join(event.delta for event in events[:-1]) == events[-1].text, events)
    fails(openai.BadRequestError, lambda: client.audio.transcriptions.create(
        model="whisper-1", file=("a.wav", b"no sound")), param="file")


# Embeddings


def openai_embeddings_are_the_same_in_both_encodings(base):
    client = openai_client(base)
    plain = client.embeddings.create(model="text-embedding-3-large", input="transfer money", encoding_format="float")
    packed = client.embeddings.with_raw_response.create(
        model="text-embedding-3-large", input="transfer money", encoding_format="base64")
    expect(isinstance(json.loads(packed.text)["data"][0]["embedding"], str), "base64 is no text")
    usual = client.embeddings.create(model="text-embedding-3-large", input="transfer money")
    expect(len(usual.data[0].embedding) == 3072, "dimensions")
    expect(max(abs(a - b) for a, b in zip(plain.data[0].embedding, usual.data[0].embedding)) < 1e-6, "they differ")
    fails(openai.BadRequestError, lambda: client.embeddings.create(model="text-embedding-3-small", input=""), param="input")


def titan_embeds_in_both_versions(base):
    client = bedrock_client(base)

    def embed(model, **body):
        return json.loads(client.invoke_model(modelId=model, body=json.dumps({"inputText": "a cat"} | body))["body"].read())

    def length(vector):
        return math.sqrt(sum(x * x for x in vector))

    expect(len(embed("amazon.titan-embed-text-v1")["embedding"]) == 1536, "v1")
    for dimensions in (256, 512, 1024):
        vector = embed("amazon.titan-embed-text-v2:0", dimensions=dimensions)["embedding"]
        expect(len(vector) == dimensions and abs(length(vector) - 1) < 1e-5, dimensions)
    raw = embed("amazon.titan-embed-text-v2:0", normalize=False)["embedding"]
    expect(abs(length(raw) - 1) > 0.01, "it is normalised all the same")
    both = embed("amazon.titan-embed-text-v2:0", embeddingTypes=["float", "binary"])["embeddingsByType"]
    expect(set(both["binary"]) <= {0, 1} and len(both["float"]) == 1024, both.keys())
    fails(client.exceptions.ValidationException, lambda: embed("amazon.titan-embed-text-v2:0", dimensions=100))


# Google


def gemini_grounds_in_search(base):
    config = gemini.GenerateContentConfig(tools=[gemini.Tool(google_search=gemini.GoogleSearch())])
    client = gemini_client(base)
    answer = client.models.generate_content(model="gemini-2.5-flash", contents="Who won?", config=config)
    found = answer.candidates[0].grounding_metadata
    expect(found.grounding_chunks[0].web.uri.startswith("https://"), found)
    expect(found.web_search_queries == ["Who won?"] and found.grounding_supports, found)


class Token(google.auth.credentials.Credentials):
    """What google-auth gives to the SDK when a service account has got its token."""

    def __init__(self):
        super().__init__()
        self.token = "ya29.test"

    def refresh(self, request):
        pass


def vertex_chats_and_streams(base):
    client = genai.Client(vertexai=True, project="p", location="us-central1", credentials=Token(),
                          http_options=gemini.HttpOptions(base_url=base + "/vertex"))
    ask = {"model": "gemini-2.5-flash", "contents": ASK, "config": gemini.GenerateContentConfig(system_instruction=CONTEXT)}
    whole = client.models.generate_content(**ask)
    expect("five days" in whole.text, whole)
    expect("".join(chunk.text or "" for chunk in client.models.generate_content_stream(**ask)) == whole.text, "stream")


def the_oldest_google_sdk_chats_and_streams(base):
    try:
        import google.generativeai as oldest
    except ImportError:
        return
    oldest.configure(api_key="test", transport="rest", client_options={"api_endpoint": base + "/gemini"})
    model = oldest.GenerativeModel("gemini-2.5-flash", system_instruction=CONTEXT)
    whole = model.generate_content(ASK)
    expect("five days" in whole.text, whole)
    expect("".join(chunk.text for chunk in model.generate_content(ASK, stream=True)) == whole.text, "stream")


# All: what clients do by themselves


def clients_try_again_by_themselves(base):
    number = time.time_ns()
    tried = openai.OpenAI(base_url=base + "/openai/v1", api_key="k", max_retries=2).chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Who are you?"}],
        extra_headers={"x-emulator-fault": f"status=429;retry-after=0;times=2;key=a{number}"})
    expect("stand-in" in tried.choices[0].message.content, tried)
    tried = anthropic.Anthropic(base_url=base + "/anthropic", api_key="k", max_retries=2).messages.create(
        model="claude", max_tokens=100, messages=[{"role": "user", "content": "Who are you?"}],
        extra_headers={"x-emulator-fault": f"status=529;times=1;key=b{number}"})
    expect("stand-in" in tried.content[0].text, tried)


def asynchronous_clients_stream(base):
    async def all_of_them():
        messages = [{"role": "user", "content": "Who are you?"}]
        async with openai.AsyncOpenAI(base_url=base + "/openai/v1", api_key="k") as client:
            stream = await client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
            first = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
        async with anthropic.AsyncAnthropic(base_url=base + "/anthropic", api_key="k") as client:
            async with client.messages.stream(model="c", max_tokens=100, messages=messages) as stream:
                second = "".join([text async for text in stream.text_stream])
        client = gemini_client(base)
        stream = await client.aio.models.generate_content_stream(model="g", contents="Who are you?")
        third = "".join([chunk.text or "" async for chunk in stream])
        return first, second, third

    for text in asyncio.run(all_of_them()):
        expect("stand-in" in text, text)


def snippets_of_the_docs_run(base):
    folder = pathlib.Path(__file__).resolve().parents[3]
    text = (folder / "docs/models.md").read_text()
    blocks = re.findall(r"```(python|sh)\n(.*?)```", text, re.S)
    expect(len(blocks) > 6, "where are the snippets?")
    for kind, code in blocks:
        command = [sys.executable, "-c"] if kind == "python" else ["bash", "-ec"]
        done = subprocess.run(command + [code.replace("http://127.0.0.1:4566", base)], capture_output=True, text=True, timeout=60)
        expect(done.returncode == 0 and len(done.stdout) > 20, f"{code}\n{done.stdout}{done.stderr}")
        if kind == "python":
            expect("stand-in" in done.stdout, done.stdout)


CHECKS = [
    responses_answer_and_stream, responses_call_tools, responses_fail_as_the_original, openai_transcribes,
    openai_embeddings_are_the_same_in_both_encodings, titan_embeds_in_both_versions, gemini_grounds_in_search,
    vertex_chats_and_streams, the_oldest_google_sdk_chats_and_streams, clients_try_again_by_themselves,
    asynchronous_clients_stream, snippets_of_the_docs_run,
]

if __name__ == "__main__":
    sys.exit(main(CHECKS, __doc__))

#!/usr/bin/env python3
"""The providers' own SDKs against the stand-ins: chat, stream, tool round trip, errors, embeddings.

    providers_test.py SERVICE_URL [--only NAME]

Prints a line for each promise; exits with 1 when one is broken.
Needs openai, anthropic, google-genai and boto3 from PyPI.
"""
import argparse
import json
import sys
import traceback

import anthropic
import boto3
import botocore.config
import botocore.exceptions
import openai
from google import genai
from google.genai import errors as gemini_errors
from google.genai import types as gemini

QUESTION = "What does 食べる mean?"
WORD = {"word": "食べる", "meanings": ["to eat"], "source": "japanese/word/食べる"}
NAME, ABOUT = "get_word_details", "Looks up one Japanese word: what it means in English."
SCHEMA = {"type": "object", "properties": {"word": {"type": "string", "description": "A Japanese word."}}, "required": ["word"]}
CONTEXT = '<context><passage id="1" source="s" title="Refunds">Refunds take five days.</passage></context>'


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def fails(error, action, **facts):
    try:
        action()
    except error as failure:
        for name, value in facts.items():
            expect(getattr(failure, name) == value, f"{name} is {getattr(failure, name)}, not {value}")
        return failure
    raise AssertionError(f"no {error.__name__}")


# OpenAI


def openai_client(base, key="test"):
    return openai.OpenAI(base_url=base + "/openai/v1", api_key=key, max_retries=0)


OPENAI_TOOLS = [{"type": "function", "function": {"name": NAME, "description": ABOUT, "parameters": SCHEMA}}]


def openai_chats_and_streams(base):
    client = openai_client(base)
    messages = [{"role": "system", "content": CONTEXT}, {"role": "user", "content": "How many days do refunds take?"}]
    raw = client.chat.completions.with_raw_response.create(model="martlet-local-1", messages=messages)
    expect(raw.headers["x-martlet-model"] == "deterministic stand-in", "the stand-in does not say what it is")
    whole = raw.parse()
    expect("five days" in whole.choices[0].message.content, whole)
    chunks = list(client.chat.completions.create(
        model="gpt-4o", messages=messages, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    expect(text == whole.choices[0].message.content, text)
    expect(len(chunks) > 4 and chunks[-1].usage.total_tokens > 0, chunks[-1])
    expect(chunks[-2].choices[0].finish_reason == "stop", chunks[-2])


def openai_calls_tools(base):
    client = openai_client(base)
    messages = [{"role": "user", "content": QUESTION}]
    with client.chat.completions.stream(model="gpt-4o", messages=messages, tools=OPENAI_TOOLS) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    call = message.tool_calls[0]
    expect(call.function.name == NAME and json.loads(call.function.arguments) == {"word": "食べる"}, call)
    messages += [message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True),
                 {"role": "tool", "tool_call_id": call.id, "content": json.dumps(WORD)}]
    for sent in messages:
        for entry in sent.get("tool_calls", []):
            entry["function"].pop("parsed_arguments", None)
    answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=OPENAI_TOOLS)
    expect("to eat" in answer.choices[0].message.content, answer)


def openai_fails_as_the_original(base):
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    fails(openai.AuthenticationError, lambda: openai_client(base, "invalid").chat.completions.create(**ask), code="invalid_api_key")
    client = openai_client(base)
    fails(openai.NotFoundError, lambda: client.chat.completions.create(**(ask | {"model": "no-such-model"})), code="model_not_found")
    fails(openai.BadRequestError, lambda: client.chat.completions.create(**(ask | {"temperature": 9})), param="temperature")
    fault = {"x-emulator-fault": "status=429;retry-after=1"}
    failure = fails(openai.RateLimitError, lambda: client.chat.completions.create(**ask, extra_headers=fault))
    expect(failure.response.headers["retry-after"] == "1", failure.response.headers)
    fault = {"x-emulator-fault": "stream=error;after=1"}
    fails(openai.APIError, lambda: list(client.chat.completions.create(**ask, stream=True, extra_headers=fault)))
    fault = {"x-emulator-fault": "stream=disconnect;after=1"}
    try:
        list(client.chat.completions.create(**ask, stream=True, extra_headers=fault))
        raise AssertionError("a broken stream is read as a whole one")
    except Exception as failure:
        expect("AssertionError" not in type(failure).__name__, failure)


def openai_embeds_and_lists(base):
    client = openai_client(base)
    found = client.embeddings.create(model="text-embedding-3-small", input=["transfer money", "transferring money", "cats"])
    a, b, c = (item.embedding for item in found.data)
    near, far = (sum(x * y for x, y in zip(a, other)) for other in (b, c))
    expect(len(a) == 1536 and near > 0.5 > far, (near, far))
    expect(len(client.embeddings.create(model="text-embedding-3-large", input="x", dimensions=256).data[0].embedding) == 256, "256")
    expect("martlet-local-1" in [model.id for model in client.models.list()], "the local model is not listed")


def openai_structures_output(base):
    schema = {"type": "object", "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
              "required": ["city", "people"], "additionalProperties": False}
    answer = openai_client(base).chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Book a table for 4 in Paris"}],
        response_format={"type": "json_schema", "json_schema": {"name": "booking", "schema": schema, "strict": True}})
    expect(json.loads(answer.choices[0].message.content) == {"city": "Paris", "people": 4}, answer)


# Anthropic


def anthropic_client(base, key="test"):
    return anthropic.Anthropic(base_url=base + "/anthropic", api_key=key, max_retries=0)


ANTHROPIC_TOOLS = [{"name": NAME, "description": ABOUT, "input_schema": SCHEMA}]


def anthropic_chats_and_streams(base):
    client = anthropic_client(base)
    ask = {"model": "claude", "max_tokens": 500, "system": CONTEXT,
           "messages": [{"role": "user", "content": "How many days do refunds take?"}]}
    whole = client.messages.create(**ask)
    expect("five days" in whole.content[0].text and whole.stop_reason == "end_turn", whole)
    with client.messages.stream(**ask) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    expect("".join(pieces) == whole.content[0].text and len(pieces) > 1, pieces)
    expect(final.stop_reason == "end_turn" and final.usage.output_tokens > 1, final)
    expect(client.messages.count_tokens(model="claude", messages=ask["messages"]).input_tokens > 0, "no tokens")


def anthropic_calls_tools(base):
    client = anthropic_client(base)
    messages = [{"role": "user", "content": QUESTION}]
    with client.messages.stream(model="claude", max_tokens=500, messages=messages, tools=ANTHROPIC_TOOLS) as stream:
        message = stream.get_final_message()
    call = message.content[-1]
    expect(message.stop_reason == "tool_use" and call.name == NAME and call.input == {"word": "食べる"}, message)
    messages += [{"role": "assistant", "content": message.content},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(WORD)}]}]
    answer = client.messages.create(model="claude", max_tokens=500, messages=messages, tools=ANTHROPIC_TOOLS)
    expect("to eat" in answer.content[0].text, answer)
    orphan = messages[:2] + [{"role": "user", "content": "and?"}]
    fails(anthropic.BadRequestError, lambda: client.messages.create(model="claude", max_tokens=5, messages=orphan, tools=ANTHROPIC_TOOLS))


def anthropic_fails_as_the_original(base):
    ask = {"model": "claude", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
    fails(anthropic.AuthenticationError, lambda: anthropic_client(base, "invalid").messages.create(**ask))
    client = anthropic_client(base)
    fails(anthropic.NotFoundError, lambda: client.messages.create(**(ask | {"model": "no-such-model"})))
    for status, error in ((429, anthropic.RateLimitError), (529, anthropic.APIStatusError)):
        fails(error, lambda: client.messages.create(**ask, extra_headers={"x-emulator-fault": f"status={status}"}), status_code=status)
    fault = {"x-emulator-fault": "stream=error;after=1"}
    fails(anthropic.APIStatusError, lambda: list(client.messages.create(**ask, stream=True, extra_headers=fault)))


# Gemini


def gemini_client(base, key="test", headers=None):
    return genai.Client(api_key=key, vertexai=False, http_options=gemini.HttpOptions(base_url=base + "/gemini", headers=headers))


GEMINI_TOOLS = [gemini.Tool(function_declarations=[gemini.FunctionDeclaration(
    name=NAME, description=ABOUT,
    parameters={"type": "OBJECT", "properties": {"word": {"type": "STRING", "description": "A Japanese word."}}, "required": ["word"]})])]


def gemini_chats_and_streams(base):
    client = gemini_client(base)
    ask = {"model": "gemini-2.5-flash", "contents": "How many days do refunds take?",
           "config": gemini.GenerateContentConfig(system_instruction=CONTEXT)}
    whole = client.models.generate_content(**ask)
    expect("five days" in whole.text and whole.usage_metadata.total_token_count > 0, whole)
    chunks = list(client.models.generate_content_stream(**ask))
    expect("".join(chunk.text or "" for chunk in chunks) == whole.text and len(chunks) > 2, chunks)
    expect(chunks[-1].candidates[0].finish_reason.value == "STOP", chunks[-1])
    expect(client.models.count_tokens(model="g", contents="one two").total_tokens > 0, "no tokens")


def gemini_calls_tools(base):
    client = gemini_client(base)
    config = gemini.GenerateContentConfig(
        tools=GEMINI_TOOLS, automatic_function_calling=gemini.AutomaticFunctionCallingConfig(disable=True))
    contents = [gemini.Content(role="user", parts=[gemini.Part(text=QUESTION)])]
    first = client.models.generate_content(model="g", contents=contents, config=config)
    call = first.function_calls[0]
    expect(call.name == NAME and call.args == {"word": "食べる"}, call)
    contents += [first.candidates[0].content,
                 gemini.Content(role="user", parts=[gemini.Part(function_response=gemini.FunctionResponse(
                     id=call.id, name=call.name, response=WORD))])]
    answer = client.models.generate_content(model="g", contents=contents, config=config)
    expect("to eat" in answer.text, answer)


def gemini_fails_as_the_original(base):
    ask = {"model": "g", "contents": "hi"}
    client = gemini_client(base, "invalid")
    fails(gemini_errors.ClientError, lambda: client.models.generate_content(**ask), code=400)
    unknown = gemini_client(base)
    fails(gemini_errors.ClientError, lambda: unknown.models.generate_content(model="no-such-model", contents="x"), code=404)
    for status, error in ((429, gemini_errors.ClientError), (503, gemini_errors.ServerError)):
        faulty = gemini_client(base, headers={"x-emulator-fault": f"status={status};retry-after=3"})
        fails(error, lambda: faulty.models.generate_content(**ask), code=status)


def gemini_embeds(base):
    client = gemini_client(base)
    found = client.models.embed_content(
        model="gemini-embedding-001", contents=["a cat", "a dog"], config=gemini.EmbedContentConfig(output_dimensionality=768))
    expect([len(item.values) for item in found.embeddings] == [768, 768], found)


# Bedrock


def bedrock_client(base, key="test", path="/bedrock"):
    return boto3.client(
        "bedrock-runtime", endpoint_url=base + path, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key="test", config=botocore.config.Config(retries={"max_attempts": 1}))


BEDROCK_TOOLS = {"tools": [{"toolSpec": {"name": NAME, "description": ABOUT, "inputSchema": {"json": SCHEMA}}}]}


def bedrock_converses_and_streams(base):
    ask = {"modelId": "amazon.nova-lite-v1:0", "system": [{"text": CONTEXT}],
           "messages": [{"role": "user", "content": [{"text": "How many days do refunds take?"}]}]}
    for path in ("/bedrock", ""):
        client = bedrock_client(base, path=path)
        whole = client.converse(**ask)
        text = whole["output"]["message"]["content"][0]["text"]
        expect("five days" in text and whole["stopReason"] == "end_turn", whole)
        events = list(client.converse_stream(**ask)["stream"])
        pieces = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
        expect("".join(pieces) == text and len(pieces) > 1, pieces)
        expect("metadata" in events[-1] and "messageStop" in events[-2], events[-2:])


def bedrock_calls_tools(base):
    client = bedrock_client(base)
    messages = [{"role": "user", "content": [{"text": QUESTION}]}]
    first = client.converse(modelId="m", messages=messages, toolConfig=BEDROCK_TOOLS)
    call = first["output"]["message"]["content"][-1]["toolUse"]
    expect(first["stopReason"] == "tool_use" and call["input"] == {"word": "食べる"}, first)
    events = list(client.converse_stream(modelId="m", messages=messages, toolConfig=BEDROCK_TOOLS)["stream"])
    parts = [event["contentBlockDelta"]["delta"]["toolUse"]["input"] for event in events if "contentBlockDelta" in event]
    expect(json.loads("".join(parts)) == {"word": "食べる"}, parts)
    result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"json": WORD}]}}
    messages += [first["output"]["message"], {"role": "user", "content": [result]}]
    answer = client.converse(modelId="m", messages=messages, toolConfig=BEDROCK_TOOLS)
    expect("to eat" in answer["output"]["message"]["content"][0]["text"], answer)


def bedrock_invokes(base):
    client = bedrock_client(base)
    for model, body, length in (("amazon.titan-embed-text-v1", {}, 1536),
                                ("amazon.titan-embed-text-v2:0", {"dimensions": 512, "normalize": True}, 512)):
        answer = client.invoke_model(modelId=model, body=json.dumps({"inputText": "a cat"} | body))
        value = json.loads(answer["body"].read())
        expect(len(value["embedding"]) == length and value["inputTextTokenCount"] > 0, value.keys())
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
                       "messages": [{"role": "user", "content": "Who are you?"}]})
    model = "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-sonnet-4-5-v1:0"
    whole = json.loads(client.invoke_model(modelId=model, body=body)["body"].read())
    expect("stand-in" in whole["content"][0]["text"], whole)
    events = [json.loads(event["chunk"]["bytes"]) for event in client.invoke_model_with_response_stream(modelId=model, body=body)["body"]]
    expect(events[0]["type"] == "message_start" and events[-1]["type"] == "message_stop", events)


def bedrock_fails_as_the_original(base):
    ask = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}

    def code(key, model):
        failure = fails(botocore.exceptions.ClientError, lambda: bedrock_client(base, key).converse(modelId=model, **ask))
        return failure.response["Error"]["Code"]

    expect(code("invalid", "m") == "UnrecognizedClientException", "a bad key")
    expect(code("test", "no-such-model") == "ResourceNotFoundException", "an unknown model")
    client = bedrock_client(base)
    for name, fault in (("converse", "status=429"), ("converse_stream", "stream=error;after=1")):
        def add(request, **_):
            request.headers["x-emulator-fault"] = fault
        client.meta.events.register("before-sign.bedrock-runtime", add)
        if name == "converse":
            failure = fails(botocore.exceptions.ClientError, lambda: client.converse(modelId="m", **ask))
            expect(failure.response["Error"]["Code"] == "ThrottlingException", failure)
        else:
            fails(botocore.exceptions.EventStreamError, lambda: list(client.converse_stream(modelId="m", **ask)["stream"]))
        client.meta.events.unregister("before-sign.bedrock-runtime", add)


CHECKS = [
    openai_chats_and_streams, openai_calls_tools, openai_fails_as_the_original, openai_embeds_and_lists,
    openai_structures_output, anthropic_chats_and_streams, anthropic_calls_tools, anthropic_fails_as_the_original,
    gemini_chats_and_streams, gemini_calls_tools, gemini_fails_as_the_original, gemini_embeds,
    bedrock_converses_and_streams, bedrock_calls_tools, bedrock_invokes, bedrock_fails_as_the_original,
]


def main(checks, about):
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=lambda text: text.rstrip("/"))
    parser.add_argument("--only", help="run only checks whose name contains this")
    arguments = parser.parse_args()
    broken = 0
    for check in checks:
        name = check.__name__.replace("_", " ")
        if arguments.only and arguments.only not in name:
            continue
        try:
            check(arguments.base)
            print(f"ok   {name}", flush=True)
        except Exception:
            broken += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(CHECKS, __doc__))

"""Documents: put into the table or added by the command line, and found in a chat a moment later; by those alone who
may find them."""
import json
import os
import subprocess
import tempfile
import time

import boto3

from harness import Chat, PROGRAM, READY, STATE, completed, http, run, text_of, token

options = dict(endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
               aws_secret_access_key="test")
dynamodb = boto3.client("dynamodb", **options)
s3 = boto3.client("s3", **options)
TABLE, BUCKET = "martlet-knowledge", "martlet-knowledge"


def item(id, text, tenant="default", **more):
    return {"collection": {"S": f"documents#{tenant}"}, "id": {"S": id}, "text": {"S": text},
            **{name: {"S": value} for name, value in more.items()}}


def found(question, bearer, wanted=True, seconds=20):
    """Waits until a search has passages (or has none); the passages."""
    limit = time.monotonic() + seconds
    while True:
        status, _, body = http("/api/v1/admin/knowledge/search?q=" + question.replace(" ", "+"), bearer)
        assert status == 200, body
        passages = json.loads(body)["passages"]
        if bool(passages) == wanted or time.monotonic() > limit:
            return passages
        time.sleep(0.1)


async def test_an_item_is_found_in_a_chat_soon():
    began = time.monotonic()
    dynamodb.put_item(TableName=TABLE, Item=item("zorb-1", "The zorblax festival takes place in Glimmerton every May.",
                                                 title="Zorblax festival", source="notes/zorblax.md"))
    admin = token("--user", "root", "--role", "admin")
    assert found("zorblax glimmerton", admin), "not found"
    print(f"found after {time.monotonic() - began:.2f} s")
    async with Chat(READY["token"]) as chat:
        frames = await chat.ask("Where does the zorblax festival take place?")
        end = completed(frames)
        assert "Glimmerton" in text_of(frames), text_of(frames)
        assert any(source["source"] == "notes/zorblax.md" for source in end["sources"]), end
    dynamodb.delete_item(TableName=TABLE, Key={"collection": {"S": "documents#default"}, "id": {"S": "zorb-1"}})
    assert not found("zorblax glimmerton", admin, wanted=False), "still found"


async def test_nobody_finds_what_is_anothers():
    dynamodb.put_item(TableName=TABLE, Item=item("q-1", "The quibnix password is hollyhock.", title="Quibnix",
                                                 owner="ann"))
    dynamodb.put_item(TableName=TABLE, Item=item("q-2", "The quibnix door is green.", tenant="acme", title="Quibnix"))
    ann = token("--user", "ann", "--role", "admin")
    assert [p["id"] for p in found("quibnix", ann)] == ["documents#default/q-1"]
    acme = token("--user", "ann", "--role", "admin", "--tenant", "acme")
    assert [p["id"] for p in found("quibnix", acme)] == ["documents#acme/q-2"]
    assert not found("quibnix", token("--user", "bob", "--role", "admin"), wanted=False)
    status, _, _ = http("/api/v1/admin/knowledge", token("--user", "ann"))
    assert status == 403, status


def martlet(*words):
    command = [PROGRAM, "knowledge", *words, "--url", READY["gateway"], "--dir", STATE]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)


def test_the_command_adds_lists_searches_removes():
    with tempfile.TemporaryDirectory() as folder:
        def path(name, text):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
            return os.path.join(folder, name)

        files = [
            path("rules.md", "# House rules\n\nPets: frumious bandersnatches sleep outside.\n\n" + "A line. " * 400),
            path("prices.csv", 'title,text,tags\nTulgey,"Tulgey wood costs 12 marks, cut",wood;price\nbad,row\n'),
            path("facts.jsonl", '{"id":"f1","text":"The borogoves are mimsy."}\nnot json\n{"id":"f2","text":""}\n'),
            path("old.doc", "?"),
        ]
        first = martlet("add", *files)
        assert first.returncode == 1, first
        assert "3 added" in first.stderr and "4 failed" in first.stderr, first.stderr
        for place in ["prices.csv:3", "facts.jsonl:2", "facts.jsonl:3", "old.doc"]:
            assert place in first.stderr, first.stderr
        again = martlet("add", files[0], files[1])
        assert "0 added" in again.stderr and "2 unchanged" in again.stderr, again.stderr
    listed = martlet("list")
    assert "House rules" in listed.stdout and "f1" in listed.stdout, listed
    admin = token("--user", "root", "--role", "admin")
    assert found("frumious bandersnatches", admin)[0]["title"] == "House rules"
    assert "mimsy" in martlet("search", "mimsy borogoves").stdout
    assert "Tulgey" in martlet("search", "tulgey wood", "--tags", "wood").stdout
    assert martlet("search", "tulgey wood", "--tags", "stone").stdout == ""
    removed = martlet("remove", "f1")
    assert removed.returncode == 0 and martlet("remove", "f1").returncode == 1, removed
    assert not found("mimsy borogoves", admin, wanted=False)


def test_a_lost_index_comes_back():
    admin = token("--user", "root", "--role", "admin")
    assert found("frumious bandersnatches", admin)
    s3.delete_object(Bucket=BUCKET, Key="documents/manifest.json")
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        found("frumious bandersnatches", admin, seconds=0)
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix="documents/").get("Contents", [])]
        if "documents/manifest.json" in keys:
            break
        time.sleep(0.2)
    assert found("frumious bandersnatches", admin), keys


run(globals())

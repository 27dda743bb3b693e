"""The cache as clients see it: answers that are given again, over HTTP and WebSocket, feedback, emptying, hit rates."""
import json

from harness import Chat, http as request, run, token

people = {name: token("--user", f"cache-{name}") for name in ("ana", "bob", "cid", "dee")}
root = token("--user", "root", "--role", "admin")


def call(method, path, bearer, body=None, expect=200):
    data = None if body is None else json.dumps(body).encode()
    status, _, text = request(path, bearer, method, data, {"Content-Type": "application/json"})
    assert status == expect, f"{method} {path}: {status}, expected {expect}: {text[:500]}"
    return json.loads(text) if text else None


def ask(name, message="Who are you?", **fields):
    return call("POST", "/api/v1/messages", people[name], {"message": message, **fields})


def test_the_second_person_gets_the_first_ones_answer_for_nothing():
    call("DELETE", "/api/v1/admin/cache", root, expect=204)
    first, second = ask("ana"), ask("bob", "  who are you ")
    assert first["cached"] is False and first["usage"]["outputTokens"] > 0, first
    assert second["cached"] is True and second["usage"]["outputTokens"] == 0, second
    assert second["content"] == first["content"] and second["conversationId"] != first["conversationId"], second
    messages = call("GET", f"/api/v1/conversations/{second['conversationId']}/messages", people["bob"])["messages"]
    assert [m["content"] for m in messages] == ["  who are you ", first["content"]], messages
    assert messages[1]["cached"] is True, messages
    assert ask("bob", fresh=True)["cached"] is False


async def test_it_streams_over_a_connection_like_any_other_answer():
    before = ask("ana")
    async with Chat(people["cid"]) as chat:
        await chat.send({"action": "chat", "id": "c-1", "conversationId": None, "message": "Who are you?"})
        frames = [await chat.receive()]
        while frames[-1]["type"] not in ("complete", "error"):
            frames.append(await chat.receive())
    assert frames[0]["type"] == "start" and frames[-1].get("cached") is True, frames
    chunks = [frame for frame in frames if frame["type"] == "chunk"]
    assert "".join(chunk["content"] for chunk in chunks) == before["content"], frames
    assert [chunk["index"] for chunk in chunks] == list(range(len(chunks))), frames


def test_what_somebody_finds_bad_and_what_is_emptied_is_made_anew():
    ask("ana")
    given = ask("bob")
    assert given["cached"] is True, given
    path = f"/api/v1/conversations/{given['conversationId']}/messages/{given['messageId']}/feedback"
    call("PUT", path, people["bob"], {"thumb": "down"})
    assert ask("cid")["cached"] is False
    assert ask("dee")["cached"] is True
    call("DELETE", "/api/v1/admin/cache/japanese", people["dee"], expect=403)
    call("DELETE", "/api/v1/admin/cache/japanese", root, expect=204)
    assert ask("dee")["cached"] is False


def test_what_is_remembered_about_a_person_keeps_them_out():
    ask("ana")
    call("PUT", "/api/v1/context/fact/name", people["dee"], {"value": "Dee"})
    assert ask("dee")["cached"] is False
    call("DELETE", "/api/v1/context/fact/name", people["dee"], expect=204)
    assert ask("dee")["cached"] is True


def test_administrators_see_the_hit_rate():
    answers = call("GET", "/api/v1/admin/cache?days=1", root)["total"]["answers"]
    assert answers["lookups"] > answers["memoryHits"] + answers["tableHits"] > 3, answers
    assert 0 < answers["hitRate"] < 1, answers


run(globals())

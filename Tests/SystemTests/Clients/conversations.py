"""The conversations API over HTTP: conversations, messages, streams, branches, feedback, search, export, health."""
import concurrent.futures
import json
import subprocess
import urllib.parse
import urllib.request

from harness import PROGRAM, READY, STATE, http as request, run, token
from sse import said, stream as events_of

ana, bob, root = token("--user", "api-ana"), token("--user", "api-bob"), token("--user", "root", "--role", "admin")
foreign = token("--user", "api-ana", "--tenant", "elsewhere")
BASE = "/api/v1/conversations"


def call(method, path, bearer=ana, body=None, expect=200, **headers):
    """The JSON of an answer whose status is the expected one."""
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers.setdefault("Content-Type", "application/json")
    status, got, text = request(path, bearer, method, data, {k.replace("_", "-"): v for k, v in headers.items()})
    assert status == expect, f"{method} {path}: {status}, expected {expect}: {text[:500]}"
    return json.loads(text) if text and "json" in got.get("content-type", "") else text.decode()


def ask(message="What does 食べる mean?", **fields):
    return call("POST", "/api/v1/messages", body={"message": message, **fields})


def fields_of(error):
    return {problem["field"]: problem["code"] for problem in error["error"]["fields"]}


def test_a_conversation_is_made_read_changed_and_deleted():
    made = call("POST", BASE, body={"title": "Words", "metadata": {"color": "red", "n": [1, None]}}, expect=201)
    assert made["title"] == "Words" and made["status"] == "active" and made["userId"] == "api-ana", made
    assert made["metadata"] == {"color": "red", "n": [1, None]} and made["assistant"] == "japanese", made
    assert set(made) >= {"id", "userId", "assistant", "title", "status", "metadata", "createdAt", "updatedAt"}, made
    path = f"{BASE}/{made['id']}"
    assert call("GET", path)["conversation"] == made
    changed = call("PUT", path, body={"title": "食べ物", "status": "archived"})
    assert (changed["title"], changed["status"]) == ("食べ物", "archived") and changed["metadata"] == made["metadata"]
    assert changed["updatedAt"] >= made["updatedAt"] and changed["createdAt"] == made["createdAt"]
    assert made["id"] in [c["id"] for c in call("GET", f"{BASE}?status=archived&limit=1000")["conversations"]]
    assert made["id"] not in [c["id"] for c in call("GET", f"{BASE}?status=active&limit=1000")["conversations"]]
    key = urllib.parse.quote("a key/日本", safe="")
    assert call("PUT", f"{path}/metadata/plain", body={"deep": [True]})["metadata"]["plain"] == {"deep": [True]}
    call("PUT", f"{path}/metadata/{key}", body="x", expect=404)  # a slash is no part of a segment
    call("DELETE", f"{path}/metadata/plain", expect=204)
    call("DELETE", f"{path}/metadata/plain", expect=404)
    assert call("PUT", path, body={"metadata": {}})["metadata"] == {}
    assert call("PUT", f"{path}/metadata/again", body=1)["metadata"] == {"again": 1}
    call("DELETE", path, expect=204)
    call("GET", path, expect=404)
    call("DELETE", path, expect=404)
    call("PUT", path, body={"title": "back"}, expect=404)
    ask_status = request("/api/v1/messages", ana, "POST", json.dumps({"message": "hi", "conversationId": made["id"]}).encode(),
                         {"Content-Type": "application/json"})[0]
    assert ask_status == 404, ask_status


def test_bad_bodies_name_their_fields():
    path = f"{BASE}/{call('POST', BASE, body={}, expect=201)['id']}"
    for method, where, body, expected in [
        ("POST", BASE, {"title": ""}, {"title": "length"}), ("POST", BASE, {"title": "x" * 256}, {"title": "length"}),
        ("POST", BASE, {"title": 7, "status": "open", "more": 1}, {"title": "type", "status": "choice", "more": "unknown"}),
        ("POST", BASE, {"title": "a\nb"}, {"title": "characters"}), ("POST", BASE, {"assistant": "french"}, {"assistant": "choice"}),
        ("POST", BASE, {"metadata": []}, {"metadata": "type"}), ("POST", BASE, [], {"": "type"}),
        ("POST", BASE, {"metadata": {str(n): n for n in range(51)}}, {"metadata": "count"}),
        ("POST", BASE, {"metadata": {"k" * 101: 1}}, {"metadata": "length"}),
        ("PUT", path, {}, {"": "required"}), ("PUT", path, {"status": "gone"}, {"status": "choice"}),
        ("PUT", f"{path}/metadata/{'k' * 101}", 1, {"key": "length"}),
        ("PUT", f"{path}/metadata/k", "x" * 5000, {"value": "length"}),
        ("POST", "/api/v1/messages", {}, {"message": "required"}), ("POST", "/api/v1/chat", {"message": 5}, {"message": "type"}),
        ("POST", "/api/v1/messages", {"message": "  "}, {"message": "message_empty"}),
        ("POST", "/api/v1/messages", {"message": "x" * 4001}, {"message": "message_too_long"}),
        ("POST", "/api/v1/messages", {"message": "hi", "agent": "nobody"}, {"agent": "choice"}),
        ("POST", "/api/v1/messages", {"replaces": "m-1"}, {"conversationId": "required"}),
        ("POST", "/api/v1/messages", {"message": "hi", "stream": "yes"}, {"stream": "type"}),
        ("POST", "/api/v1/chat/stream", {"message": ""}, {"message": "message_empty"}),
    ]:
        assert fields_of(call(method, where, body=body, expect=422)) == expected, (method, where, body)
    for data, type, status in [(b"{", "application/json", 400), (b"title=x", "application/x-www-form-urlencoded", 415),
                               (b'{"title":"x"}', "text/plain", 415), (b"[" * 100_000, "application/json", 400),
                               (b'{"title":"%s"}' % (b"x" * 300_000), "application/json", 413)]:
        assert request(BASE, ana, "POST", data, {"Content-Type": type})[0] == status, (data[:20], type)
    for query in ["limit=0", "limit=x", "cursor=nonsense", "status=open"]:
        call("GET", f"{BASE}?{query}", expect=422)
    for query in ["", "q=", "q=%20", "q=" + "x" * 201]:
        call("GET", f"{BASE}/search?{query}", expect=422)


def test_nobody_reaches_what_is_not_theirs():
    reply = ask()
    path = f"{BASE}/{reply['conversationId']}"
    for bearer in [bob, foreign]:
        absent = call("GET", f"{BASE}/c-404", bearer, expect=404)
        for method, where, body in [
            ("GET", path, None), ("GET", f"{path}/messages", None), ("GET", f"{path}/export", None), ("PUT", path, {"title": "mine"}),
            ("DELETE", path, None), ("PUT", f"{path}/metadata/a", 1), ("DELETE", f"{path}/metadata/a", None),
            ("PUT", f"{path}/messages/{reply['messageId']}/feedback", {"thumb": "up"}),
            ("DELETE", f"{path}/messages/{reply['messageId']}/feedback", None),
        ]:
            got = call(method, where, bearer, body, 404)
            assert got["error"] == absent["error"], (method, where, got)
        call("POST", "/api/v1/messages", bearer, {"message": "hi", "conversationId": reply["conversationId"]}, 404)
        assert call("GET", f"{BASE}/search?q=eat", bearer)["results"] == []
        assert reply["conversationId"] not in json.dumps(call("GET", "/api/v1/export", bearer))
    for path in [BASE, f"{BASE}/x", "/api/v1/export", "/api/v1/messages", "/api/v1/chat/stream", f"{BASE}/search?q=a"]:
        method = "POST" if "messages" in path or "stream" in path else "GET"
        call(method, path, None, {} if method == "POST" else None, 401)
    call("PATCH", BASE, body={}, expect=405)
    call("GET", "/api/v1/messages", expect=405)


def test_messages_are_answered_once():
    reply = call("POST", "/api/v1/chat", body={"message": "What does 食べる mean?"}, Idempotency_Key="k-1")
    assert "to eat" in reply["content"] and reply["sources"] and reply["usage"]["outputTokens"] > 0, reply
    again = call("POST", "/api/v1/messages", body={"message": "What does 食べる mean?"}, Idempotency_Key="k-1")
    assert again["messageId"] == reply["messageId"] and again["content"] == reply["content"]
    assert call("POST", "/api/v1/messages", body={"message": "other"}, expect=409, Idempotency_Key="k-1")["error"]["code"] == "duplicate_id"
    call("POST", "/api/v1/messages", body={"message": "hi"}, expect=400, Idempotency_Key="k" * 129)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(request, "/api/v1/messages", ana, "POST", b'{"message":"How many strokes does \xe8\xaa\x9e have?"}',
                            {"Content-Type": "application/json", "Idempotency-Key": "k-2"}) for _ in range(6)]
        statuses = sorted(answer.result()[0] for answer in sent)
    assert statuses[0] == 200 and set(statuses) <= {200, 409}, statuses
    second = ask("How many strokes does 語 have?", conversationId=reply["conversationId"])
    detail = call("GET", f"{BASE}/{reply['conversationId']}")
    assert detail["conversation"]["title"] == "What does 食べる mean?", detail["conversation"]
    assert [m["role"] for m in detail["messages"]] == ["user", "assistant"] * 2
    assert detail["messages"][-1]["id"] == second["messageId"] and detail["messages"][0]["conversationId"] == reply["conversationId"]
    call("PUT", f"{BASE}/{reply['conversationId']}", body={"status": "closed"})
    refused = call("POST", "/api/v1/messages", body={"message": "hi", "conversationId": reply["conversationId"]}, expect=409)
    assert refused["error"]["code"] == "closed"


def test_a_new_conversation_gets_its_title_from_the_first_exchange():
    made = call("POST", BASE, body={}, expect=201)
    assert made["title"] == "New conversation"
    ask("How many strokes does 語 have?", conversationId=made["id"])
    assert call("GET", f"{BASE}/{made['id']}")["conversation"]["title"] == "How many strokes does 語 have?"


def test_questions_are_edited_and_asked_again():
    first = ask("What does 食べる mean?")
    conversation = first["conversationId"]
    ask("How many strokes does 語 have?", conversationId=conversation)
    edited = ask("What does 猫 mean?", conversationId=conversation, replaces=first["messageId"])
    path = f"{BASE}/{conversation}/messages"
    shown = call("GET", path)["messages"]
    assert [m["content"] for m in shown if m["role"] == "user"] == ["What does 猫 mean?"], shown
    everything = call("GET", f"{path}?branches=all")["messages"]
    assert len(everything) == 6 and [m["metadata"]["parentTurn"] for m in everything[::2]] == [0, 1, 0], everything
    again = call("POST", "/api/v1/messages", body={"conversationId": conversation, "replaces": edited["messageId"]})
    assert again["messageId"] != edited["messageId"]
    shown = call("GET", path)["messages"]
    assert [m["id"] for m in shown if m["role"] == "assistant"] == [again["messageId"]], shown
    call("PUT", f"{BASE}/{conversation}", body={"head": first["messageId"]})
    shown = call("GET", path)["messages"]
    assert [m["id"] for m in shown if m["role"] == "assistant"] == [first["messageId"]], shown
    follow = ask("How many strokes does 語 have?", conversationId=conversation)
    shown = call("GET", path)["messages"]
    assert [m["id"] for m in shown if m["role"] == "assistant"] == [first["messageId"], follow["messageId"]], shown
    call("PUT", f"{BASE}/{conversation}", body={"head": "m-404"}, expect=404)
    call("POST", "/api/v1/messages", body={"message": "hi", "conversationId": conversation, "replaces": "m-404"}, expect=404)


def test_feedback():
    reply = ask()
    path = f"{BASE}/{reply['conversationId']}/messages/{reply['messageId']}/feedback"
    assert call("PUT", path, body={"thumb": "up", "text": "clear\nand short"})["thumb"] == "up"
    kept = call("GET", f"{BASE}/{reply['conversationId']}")["messages"][-1]["feedback"]
    assert kept["thumb"] == "up" and kept["text"] == "clear\nand short", kept
    assert fields_of(call("PUT", path, body={"thumb": "sideways"}, expect=422)) == {"thumb": "choice"}
    assert fields_of(call("PUT", path, body={}, expect=422)) == {"thumb": "required"}
    call("DELETE", path, expect=204)
    assert call("GET", f"{BASE}/{reply['conversationId']}")["messages"][-1]["feedback"] is None
    call("PUT", path.replace(reply["messageId"], "m-404"), body={"thumb": "up"}, expect=404)


def test_search_and_export():
    cara = token("--user", "api-cara")
    ids = [call("POST", "/api/v1/messages", cara, {"message": text})["conversationId"]
           for text in ["What does 食べる mean?", "How many strokes does 語 have?"]]
    call("PUT", f"{BASE}/{ids[1]}", cara, {"title": "Ｓｔｒｏｋｅｓ of a kanji"})
    for query, expected in [("食べる", ids[:1]), ("TO EAT", ids[:1]), ("strokes kanji", ids[1:]), ("absent-word", []),
                            ("how many", ids[1:]), ("mean what", ids[:1])]:
        found = call("GET", f"{BASE}/search?q={urllib.parse.quote(query)}", cara)
        assert sorted({hit["conversationId"] for hit in found["results"]}) == sorted(expected), (query, found)
        assert found["mode"] == "words"
    seen, cursor = [], ""
    while True:
        page = call("GET", f"{BASE}/search?q=o&limit=1{cursor}", cara)
        seen += [hit["conversationId"] for hit in page["results"]]
        if not page["nextCursor"]:
            break
        call("GET", f"{BASE}/search?q=o&limit=1&cursor={page['nextCursor']}", bob, expect=422)
        cursor = f"&cursor={page['nextCursor']}"
        assert len(seen) < 20
    assert set(seen) == set(ids), seen
    whole = call("GET", "/api/v1/export", cara)
    assert whole["user_id"] == "api-cara" and {c["id"] for c in whole["conversations"]} == set(ids)
    assert len(whole["messages"]) == 4 and whole["export_date"] and whole["nextCursor"] is None
    text = call("GET", f"{BASE}/{ids[0]}/export?format=markdown", cara)
    assert text.startswith("# Conversations of api-cara") and "> What does 食べる mean?" in text and "to eat" in text, text
    call("GET", "/api/v1/export?format=xml", cara, expect=422)
    call("DELETE", f"{BASE}/{ids[0]}", cara, expect=204)
    assert call("GET", f"{BASE}/search?q=eat", cara)["results"] == []
    assert [c["id"] for c in call("GET", "/api/v1/export", cara)["conversations"]] == ids[1:]


# Streams

def stream(body, bearer=ana, **options):
    return events_of(body, bearer, **options)

def test_streams_and_resumes_at_every_event():
    config = call("GET", "/api/v1/config", None)
    body = {"message": "What does 食べる mean?"}
    for number, url in enumerate([None, config["streamURL"]]):
        status, headers, events = stream(body, url=url, key=f"whole-{number}")
        assert status == 200 and headers["Content-Type"].startswith("text/event-stream"), headers
        assert headers["Access-Control-Allow-Origin"] == READY["gateway"], headers
        names = [event["event"] for event in events]
        assert names[0] == "start" and names[-1] == "complete" and "chunk" in names, names
        assert "to eat" in said(events)
    whole = said(events)
    for count in range(1, len(events)):
        have = events[:count]
        rest = stream(body, last=have[-1]["id"])[2]
        assert said(have) + said(rest) == whole, (count, rest)
        assert rest[-1]["event"] == "complete" and rest[-1]["data"]["messageId"] == events[-1]["data"]["messageId"]
    again = stream(body, key="whole-1")[2]
    assert said(again) == whole
    parts = events[2]["id"].split("/")
    for last, bearer, expected in [("x", ana, 400), ("/".join([*parts[:3], "99999"]), ana, 400)]:
        assert stream(body, last=last, bearer=bearer)[0] == expected, last
    stored = call("GET", f"{BASE}/{events[-1]['data']['conversationId']}/messages")["messages"]
    assert len(stored) == 2, stored


def test_an_answer_goes_on_without_its_reader():
    body = {"message": "What does 猫 mean?"}
    have = stream(body, stop_after=1, key="cut")[2]
    rest = stream(body, last=have[-1]["id"])[2]
    assert rest[-1]["event"] == "complete", rest
    text = call("GET", f"{BASE}/{rest[-1]['data']['conversationId']}/messages")["messages"][-1]["content"]
    assert said(have) + said(rest) == text


def test_other_origins_and_methods():
    path = "/api/v1/chat/stream"
    head = {"Origin": READY["gateway"], "Access-Control-Request-Method": "POST"}
    assert request(path, None, "OPTIONS", None, head)[1]["Access-Control-Allow-Origin"] == READY["gateway"]
    for origin in ["https://evil.test", "null"]:
        answer = request(path, None, "OPTIONS", None, head | {"Origin": origin})
        assert answer[1]["Access-Control-Allow-Origin"] is None, origin
    # The other routes are the gateway's own to open: to the origins that the template names.
    local = "http://localhost:" + READY["gateway"].rsplit(":", 1)[1]
    opened = request("/api/v1/messages", None, "OPTIONS", None, head | {"Origin": local})[1]
    assert opened["Access-Control-Allow-Origin"] == local and "authorization" in opened["Access-Control-Allow-Headers"]
    shut = request("/api/v1/messages", None, "OPTIONS", None, head | {"Origin": "https://evil.test"})[1]
    assert shut["Access-Control-Allow-Origin"] is None
    assert request(path, ana, "GET")[0] == 405
    buffered = request("/api/v1/messages", ana, "POST", b'{"message":"hi","stream":true}', {"Content-Type": "application/json"})
    assert buffered[1]["Content-Type"].startswith("text/event-stream") and b"event: complete" in buffered[2]


# The service

def test_agents_and_configuration():
    agents = call("GET", "/api/v1/agents", None)["agents"]
    assert agents[0]["id"] == "japanese" and agents[0]["languages"] == ["en", "ja"], agents
    assert agents[0]["abilities"] and agents[0]["examples"]
    assert call("GET", "/api/v1/config", None)["assistants"][0]["languages"] == ["en", "ja"]


def test_what_is_remembered_reaches_the_model_and_is_forgotten():
    dora = token("--user", "api-dora")
    base = "/api/v1/context"
    assert call("GET", base, dora) == {"entries": []}
    kept = call("PUT", f"{base}/preference/language", dora, {"value": "Please answer in Japanese"})
    assert kept["expiresAt"] is None
    state = call("PUT", f"{base}/state/lesson", dora, {"value": "lesson 3"})
    assert state["expiresAt"] is not None
    assert [entry["kind"] for entry in call("GET", base, dora)["entries"]] == ["preference", "state"]
    assert call("GET", base)["entries"] == [], "another person's"
    error = call("PUT", f"{base}/fact/a", dora, {"value": "", "expiresIn": 0}, 422)
    assert fields_of(error) == {"value": "length", "expiresIn": "range"}
    call("PUT", f"{base}/opinion/a", dora, {"value": "x"}, 404)
    call("POST", "/api/v1/messages", dora, {"message": "What does 猫 mean?"})
    prompts = urllib.request.urlopen(READY["services"] + "/_martlet/models/requests").read().decode()
    assert "Please answer in Japanese" in prompts
    call("DELETE", f"{base}/preference/language", dora, expect=204)
    call("DELETE", f"{base}/preference/language", dora, expect=404)
    call("DELETE", base, dora, expect=204)
    assert call("GET", base, dora) == {"entries": []}


def test_sessions_of_a_conversation():
    first = ask("What does 猫 mean?")
    base = f"{BASE}/{first['conversationId']}/sessions"
    (session,) = call("GET", base)["sessions"]
    assert session["number"] == 1 and session["status"] == "open" and session["turns"] == 1, session
    assert call("PUT", f"{base}/1", body={"status": "escalated"})["status"] == "escalated"
    chief = token("--user", "root", "--role", "admin")
    assert call("GET", "/api/v1/admin/chat/stats", chief)["sessions"]["escalated"] >= 1
    ask("And 犬?", conversationId=first["conversationId"])
    assert call("GET", base)["sessions"][0]["turns"] == 2
    call("PUT", f"{base}/1", body={"status": "closed"})
    ask("What does 食べる mean?", conversationId=first["conversationId"])
    assert [s["number"] for s in call("GET", base)["sessions"]] == [2, 1]
    page = call("GET", f"{base}?limit=1")
    assert [s["number"] for s in page["sessions"]] == [2]
    rest = call("GET", f"{base}?limit=1&cursor={page['nextCursor']}")
    assert [s["number"] for s in rest["sessions"]] == [1] and rest["nextCursor"] is None, rest
    broken = page["nextCursor"][:-2] + "AA"
    assert fields_of(call("GET", f"{base}?limit=1&cursor={broken}", expect=422)) == {"cursor": "cursor"}
    detail = call("GET", f"{base}/1")
    assert detail["status"] == "closed" and detail["summary"]["firstQuestion"] == "What does 猫 mean?", detail
    call("PUT", f"{base}/9", body={"status": "closed"}, expect=404)
    call("PUT", f"{base}/x", body={"status": "closed"}, expect=404)
    call("PUT", f"{base}/1", body={"status": "gone"}, expect=422)
    call("GET", base, bob, expect=404)


def test_search_by_meaning_is_for_those_who_allow_it():
    eve, settings = token("--user", "api-eve"), "/api/v1/settings"
    ids = [call("POST", "/api/v1/messages", eve, {"message": text})["conversationId"]
           for text in ["What does 食べる mean?", "How many strokes does 語 have?"]]
    search = f"{BASE}/search?mode=meaning&q={urllib.parse.quote('strokes of kanji 語')}"
    assert call("GET", settings, eve) == {"searchByMeaning": False}
    assert call("GET", search, eve, expect=409)["error"]["code"] == "not_allowed"
    assert call("PUT", settings, eve, {"searchByMeaning": True}) == {"searchByMeaning": True}
    found = call("GET", search, eve)
    assert found["results"][0]["conversationId"] == ids[1] and 0 < found["results"][0]["score"] <= 1, found
    assert (found["mode"], found["embedder"], found["isComplete"]) == ("meaning", "lexical", True), found
    assert call("GET", settings) == {"searchByMeaning": False}, "another person's"
    call("GET", f"{BASE}/search?mode=magic&q=x", eve, expect=422)
    error = call("PUT", settings, eve, {"searchByMeaning": "yes", "more": 1}, 422)
    assert fields_of(error) == {"searchByMeaning": "type", "more": "unknown"}
    call("DELETE", f"{BASE}/{ids[1]}", eve, expect=204)
    assert ids[1] not in {hit["conversationId"] for hit in call("GET", search, eve)["results"]}
    call("DELETE", "/api/v1/context", eve, expect=204)
    assert call("GET", settings, eve) == {"searchByMeaning": False}, "everything was forgotten"


def test_use_is_counted_once_and_reported():
    emil = token("--user", "api-emil", "--tenant", "counted")
    chief = token("--user", "chief", "--tenant", "counted", "--role", "admin")
    head = {"Idempotency_Key": "emil-1"}
    first = call("POST", "/api/v1/messages", emil, {"message": "What does 猫 mean?"}, **head)
    call("POST", "/api/v1/messages", emil, {"message": "What does 猫 mean?"}, **head)
    own = call("GET", "/api/v1/usage", emil)
    assert own["day"] == own["month"] and own["day"]["turns"] == 1, own
    assert own["day"]["usage"]["inputTokens"] == first["usage"]["inputTokens"] > 0, (own, first)
    assert call("GET", "/api/v1/usage", bob)["month"]["turns"] == 0, "another person's"
    call("GET", "/api/v1/admin/usage", emil, expect=403)
    call("GET", "/api/v1/admin/usage?month=2026-13", chief, expect=422)
    report = call("GET", "/api/v1/admin/usage", chief)
    assert report["tenant"] == "counted" and report["total"]["turns"] == 1, report
    assert [user["user"] for user in report["users"]] == ["api-emil"]
    command = [PROGRAM, "cost", READY["gateway"], "--tenant", "counted"] + (["--dir", STATE] if STATE else [])
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "api-emil" in shown and "total" in shown and f"{first['usage']['inputTokens']:,}" in shown, shown


def test_health():
    assert call("GET", "/health", None)["status"] == "healthy"
    deep = call("GET", "/health?deep=1", root)
    assert set(deep["parts"]) >= {"conversations", "turns", "claims", "provider", "index", "tokenKey", "content"}, deep
    assert all(part["status"] == "healthy" for part in deep["parts"].values()), deep
    call("GET", "/health?deep=1", None, expect=401)
    call("GET", "/health?deep=1", ana, expect=403)
    call("GET", "/health?deep=2", None, expect=422)


def test_the_openapi_document():
    from openapi_spec_validator import OpenAPIV31SpecValidator
    document = call("GET", "/openapi.json", None)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = path.replace("{id}", "c-404").replace("{messageId}", "m-404").replace("{key}", "k").replace("{user}", "u")
            body = b"{}" if "requestBody" in operation else None
            status = request(where, None, method.upper(), body, {"Content-Type": "application/json"})[0]
            expected = 401 if operation["security"] else 200
            assert status == expected, (method, path, status)
    assert request("/docs")[0] == 200


run(globals())

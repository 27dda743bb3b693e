"""Specialists, a yes before writing, and a person who takes over: over both protocols, with the local model."""
import json
import time

from harness import Chat, completed, get_json, http, run, token

ADMIN = "/api/v1/admin/chat"
root = token("--user", "root", "--role", "admin")
person = token("--user", f"writer-{time.time_ns()}")


def post(path, body, bearer=person, method="POST"):
    status, _, answer = http(path, bearer, method, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return status, json.loads(answer) if answer else None


def ask(text, **more):
    status, answer = post("/api/v1/messages", {"message": text, **more})
    assert status == 200, answer
    return answer


def entries():
    return {entry["key"]: entry["value"] for entry in get_json("/api/v1/context", person)[1]["entries"]}


def test_specialists():
    listed = get_json("/api/v1/agents", None)[1]["agents"]
    names = [specialist["id"] for specialist in listed[0]["specialists"]]
    assert "japanese.kanji" in names and len(names) >= 4, names
    assert ask("What does 食べる mean?")["agent"] == "japanese.vocabulary"
    first = ask("How many strokes does 語 have?")
    assert first["agent"] == "japanese.kanji" and "14" in first["content"], first
    again = ask("And another one?", conversationId=first["conversationId"])
    assert again["agent"] == "japanese.kanji", again
    for name in ["grammar", "japanese.grammar"]:
        assert ask("What does 猫 mean?", agent=name)["agent"] == "japanese.grammar"
    assert "agent" not in ask("What does 猫 mean?", agent="japanese")
    for wrong in ["lions", "japanese.lions", "english.kanji", ""]:
        status, answer = post("/api/v1/messages", {"message": "x", "agent": wrong})
        assert status == 422 and answer["error"]["fields"][0]["field"] == "agent", answer
    page = get_json(f"/api/v1/conversations/{first['conversationId']}/messages", person)[1]
    intents = [message["intent"] for message in page["messages"] if message["role"] == "assistant"]
    assert [intent["name"] for intent in intents] == ["kanji", "kanji"], intents
    assert [intent["source"] for intent in intents] == ["lexical", "conversation"], intents
    stats = get_json(f"{ADMIN}/stats", root)[1]
    assert stats["intents"]["kanji"] >= 2, stats


async def test_the_chat_frame_names_a_specialist():
    async with Chat(person) as chat:
        assert completed(await chat.ask("What does 猫 mean?", agent="kanji"))["agent"] == "japanese.kanji"
        frames = await chat.ask("What does 猫 mean?", agent="lions")
        assert frames[-1]["code"] == "unknown_agent", frames


def test_a_yes_by_http():
    asked = ask("Please remember that my exam is in July")
    confirmation = asked["confirmation"]
    assert confirmation["calls"][0]["name"] == "remember", asked
    assert "exam is in July" in confirmation["calls"][0]["summary"], asked
    assert "exam" not in json.dumps(entries()), entries()
    path = f"/api/v1/confirmations/{confirmation['id']}"
    stranger = token("--user", "stranger")
    assert post(path, {"approve": True}, stranger)[0] == 404
    assert post(path, {})[0] == 422
    status, told = post(path, {"approve": True})
    assert status == 200 and told["conversationId"] == asked["conversationId"], told
    assert "remembered" in told["content"], told
    assert "exam is in July" in entries().values(), entries()
    again = post(path, {"approve": True})[1]
    assert (again["messageId"], again["content"]) == (told["messageId"], told["content"]), again
    assert post(path, {"approve": False})[0] == 409
    assert post("/api/v1/confirmations/" + "0" * 32, {"approve": True})[0] == 404


async def test_a_no_and_a_yes_on_the_socket():
    async with Chat(person) as chat:
        asked = completed(await chat.ask("Forget the exam"))
        frames = await chat.decide(asked["confirmation"]["id"], False)
        assert "nothing was changed" in "".join(frame.get("content", "") for frame in frames), frames
        assert "exam is in July" in entries().values(), entries()
        asked = completed(await chat.ask("Forget the exam"))
        frames = await chat.decide(asked["confirmation"]["id"], True)
        assert frames[-1]["type"] == "complete" and frames[-1]["id"] == asked["confirmation"]["id"], frames
        assert "exam is in July" not in entries().values(), entries()
        unknown = await chat.decide("0" * 32, True)
        assert unknown[-1]["code"] == "confirmation_not_found", unknown


def test_a_typed_yes():
    asked = ask("Please remember that I live in Kyoto")
    told = ask("yes", conversationId=asked["conversationId"])
    assert "confirmation" not in told, told
    assert any("Kyoto" in value for value in entries().values()), entries()


def test_harmless_writes_do_not_ask():
    told = ask("Please remember my preference: short answers")
    assert "confirmation" not in told, told
    assert any("short answers" in value for value in entries().values()), entries()


def test_a_person_takes_over():
    called = ask("人と話したい")
    conversation = called["conversationId"]
    assert called["session"] == "escalated" and "担当者" in called["content"], called
    waiting = get_json(f"{ADMIN}/escalations?limit=1000", root)[1]["conversations"]
    assert conversation in [one["id"] for one in waiting], waiting
    notice = ask("How many strokes does 語 have?", conversationId=conversation)
    assert "14" not in notice["content"], notice
    path = f"{ADMIN}/conversations/{conversation}/session"
    assert post(path, {"status": "open"}, person, "PUT")[0] == 403
    assert post(path, {"status": "lost"}, root, "PUT")[0] == 422
    assert post(f"{ADMIN}/conversations/c-404/session", {"status": "open"}, root, "PUT")[0] == 404
    status, session = post(path, {"status": "open"}, root, "PUT")
    assert status == 200 and session["status"] == "open", session
    waiting = get_json(f"{ADMIN}/escalations?limit=1000", root)[1]["conversations"]
    assert conversation not in [one["id"] for one in waiting], waiting
    assert "14" in ask("How many strokes does 語 have?", conversationId=conversation)["content"]
    ask("I want to speak with a human", conversationId=conversation)
    back = ask("Back to the assistant", conversationId=conversation)
    assert back["session"] == "open", back


run(globals())

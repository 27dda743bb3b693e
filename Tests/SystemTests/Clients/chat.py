"""A user's chat with the Japanese tutor over the WebSocket API."""
import asyncio
import json

from harness import Chat, READY, completed, expect_refusal, run, text_of, token
import websockets


async def test_what_a_word_means():
    async with Chat(READY["token"]) as chat:
        frames = await chat.ask("What does 食べる mean?")
        end = completed(frames)
        assert "to eat" in text_of(frames), text_of(frames)
        assert sum(f["type"] == "chunk" for f in frames) >= 2, frames
        assert any("食べる" in json.dumps(s, ensure_ascii=False) for s in end["sources"]), end
        assert end["usage"]["inputTokens"] > 0 and end["usage"]["outputTokens"] > 0, end
        assert end["conversationId"] and end["messageId"], end


async def test_how_many_strokes():
    async with Chat(READY["token"]) as chat:
        frames = await chat.ask("How many strokes does 語 have?")
        completed(frames)
        assert "14" in text_of(frames), text_of(frames)


async def test_example_sentence():
    async with Chat(READY["token"]) as chat:
        frames = await chat.ask("Give me an example sentence with 猫")
        completed(frames)
        assert "猫" in text_of(frames), text_of(frames)


async def test_says_so_when_it_finds_nothing():
    async with Chat(READY["token"]) as chat:
        frames = await chat.ask("What is the capital of Zorblaxia?")
        end = completed(frames)
        assert end["sources"] == [], end
        assert text_of(frames).strip(), frames


async def test_a_conversation_goes_on():
    async with Chat(READY["token"]) as chat:
        first = completed(await chat.ask("What does 飲む mean?"))
        second = completed(await chat.ask("How many strokes does 飲 have?", first["conversationId"]))
        assert second["conversationId"] == first["conversationId"]
        assert second["messageId"] != first["messageId"]


async def test_another_users_conversation_is_not_found():
    async with Chat(READY["token"]) as chat:
        mine = completed(await chat.ask("What does 水 mean?"))["conversationId"]
    async with Chat(token("--user", "mallory")) as chat:
        foreign = await chat.ask("What does 水 mean?", mine)
        absent = await chat.ask("What does 水 mean?", "c-does-not-exist")
        assert foreign[-1]["type"] == absent[-1]["type"] == "error", foreign
        assert foreign[-1]["code"] == absent[-1]["code"] and foreign[-1]["message"] == absent[-1]["message"], foreign


async def test_same_id_is_answered_once():
    async with Chat(READY["token"]) as chat:
        frame = {"action": "chat", "id": "twice", "conversationId": None, "message": "What does 犬 mean?"}
        await chat.send(frame)
        await chat.send(frame)
        completed(await chat.turn("twice"))
        await chat.send({"action": "ping"})
        late = []
        while (answer := await chat.receive()).get("type") != "pong":
            late.append(answer)
        assert not [f for f in late if f["type"] in ("start", "chunk")], late
        await chat.send(frame | {"message": "another text"})
        refused = (await chat.turn("twice"))[-1]
        assert refused["type"] == "error" and refused["code"] == "duplicate_id", refused


async def test_bad_frames_are_told_what_is_wrong():
    async with Chat(READY["token"]) as chat:
        for frame, code in [("{", "bad_frame"), ("[1]", "bad_frame"), ('"text"', "bad_frame"), ("{}", "bad_frame"),
                            ({"action": "dance", "id": "x"}, "unknown_action"),
                            ({"action": "chat", "id": "e", "message": ""}, "message_empty"),
                            ({"action": "chat", "id": "e2", "message": "  \n"}, "message_empty"),
                            ({"action": "chat", "id": "l", "message": "あ" * 4001}, "message_too_long"),
                            ({"action": "chat", "id": 7, "message": "x"}, "bad_frame"),
                            ({"action": "chat", "id": "t", "message": 7}, "bad_frame"),
                            ({"action": "$disconnect"}, "unknown_action")]:
            await chat.send(frame)
            answer = await chat.receive()
            assert answer.get("type") == "error" and answer["code"] == code and answer["message"], (frame, answer)


async def test_longest_message_is_answered():
    async with Chat(READY["token"]) as chat:
        completed(await chat.ask("あ" * 4000))


async def test_a_frame_without_action_is_answered_like_chat():
    async with Chat(READY["token"]) as chat:
        await chat.send({"id": "plain", "message": "What does 山 mean?"})
        frames = await chat.turn("plain")
        completed(frames)
        assert "mountain" in text_of(frames).lower(), text_of(frames)


async def test_a_frame_without_id_is_given_one():
    async with Chat(READY["token"]) as chat:
        await chat.send({"action": "chat", "message": "What does 山 mean?"})
        id = (await chat.receive())["id"]
        assert id, "no id"
        assert (await chat.turn(id))[-1]["type"] == "complete"


async def test_ping():
    async with Chat(READY["token"]) as chat:
        await chat.send({"action": "ping"})
        assert (await chat.receive())["type"] == "pong"


async def test_token_by_subprotocol():
    async with Chat(subprotocols=["martlet", READY["token"]]) as chat:
        assert chat.socket.subprotocol == "martlet"
        completed(await chat.ask("What does 川 mean?"))
    async with Chat(subprotocols=["martlet", "bearer." + READY["token"]]) as chat:
        assert chat.socket.subprotocol == "martlet"


async def test_connect_refusals():
    await expect_refusal(401)
    await expect_refusal(401, bearer="nonsense")
    await expect_refusal(401, bearer=READY["token"][:-2] + "xx")
    for origin in ["https://evil.test", "null", READY["gateway"] + ".evil.test"]:
        await expect_refusal(403, bearer=READY["token"], origin=origin)
    async with Chat(READY["token"], origin=READY["gateway"]) as chat:
        await chat.send({"action": "ping"})
        assert (await chat.receive())["type"] == "pong"


async def test_frame_limits_and_binary():
    for message, code in [("x" * 33_000, 1009), (b"\0\1", 1003)]:
        async with Chat(READY["token"]) as chat:
            await chat.socket.send(message)
            try:
                await asyncio.wait_for(chat.socket.recv(), 10)
                raise AssertionError("not closed")
            except websockets.exceptions.ConnectionClosed as closed:
                assert closed.rcvd.code == code, closed


async def test_many_users_at_once():
    async def one(number):
        async with Chat(token("--user", f"user-{number}")) as chat:
            frames = await chat.ask("What does 食べる mean?", seconds=50)
            completed(frames)
            assert "to eat" in text_of(frames)
    await asyncio.gather(*(one(n) for n in range(8)))


run(globals())

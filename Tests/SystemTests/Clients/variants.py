"""Feature flags: a share of the users gets another version, each turn records it, and administrators compare them."""
import json
import tempfile
import time

from harness import READY, Chat, Emulator, completed, http, run, token

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
USERS = [f"user-{number}" for number in range(12)]


async def variant_of(user, message):
    async with Chat(token("--user", user)) as chat:
        frames = await chat.ask(message)
    done = completed(frames)
    return done.get("variant", "standard"), done


def call(path, bearer, method="GET", body=None, expect=200):
    head = {"content-type": "application/json"} if body else {}
    status, _, answer = http(path, bearer, method, json.dumps(body).encode() if body else None, head)
    assert status == expect, (path, status, answer)
    return json.loads(answer) if answer else None


def counted(bearer, turns, path="/api/v1/admin/variants"):
    """The versions, once so many turns of them are counted: that happens behind a turn's last frame."""
    end = time.monotonic() + 20
    while True:
        found = {entry["variant"]: entry for entry in call(path, bearer)["variants"]}
        if sum(entry["turns"] for entry in found.values()) >= turns or time.monotonic() > end:
            return found
        time.sleep(0.1)


async def test_shares_and_comparison():
    # A price of one's own, too: 1000 dollars for a million tokens of input.
    with Emulator(folder.name, FEATURE_FLAGS="half=japanese/short:50%", MODEL_PRICES="gpt-4o-mini=1000/0"):
        chosen, last = {}, {}
        for user in USERS:
            chosen[user], last[user] = await variant_of(user, "What does 食べる mean?")
        assert set(chosen.values()) == {"standard", "short"}, chosen
        for user in USERS[:4]:
            again, _ = await variant_of(user, "What does 猫 mean?")
            assert again == chosen[user], (user, again)
        chief = token("--user", "chief", "--role", "admin")
        found = counted(chief, len(USERS) + 4)
        for name, entry in found.items():
            people = [user for user in USERS if chosen[user] == name]
            assert entry["turns"] == len(people) + sum(user in people for user in USERS[:4]), (name, entry, chosen)
            assert entry["assistant"] == "japanese" and entry["failedTurns"] == 0, entry
            assert 0 < entry["firstTextMs"]["p50"] <= entry["totalMs"]["p95"], entry
            assert abs(float(entry["cost"]) - entry["usage"]["inputTokens"] / 1000) < 1e-6, entry
        assert call("/api/v1/admin/usage", chief)["models"][0]["price"]["input"] == "1000.00"

        # What each turn records, and what people think of it.
        user = next(user for user in USERS if chosen[user] == "short")
        place = f"/api/v1/conversations/{last[user]['conversationId']}"
        message = f"{place}/messages/{last[user]['messageId']}/feedback"
        bearer = token("--user", user)
        assert call(place, bearer)["messages"][-1]["variant"] == "short"
        before = found["short"]["feedback"]
        for thumb in ("down", "up", "up"):
            call(message, bearer, "PUT", {"thumb": thumb})
        after = counted(chief, 0)["short"]["feedback"]
        assert (after["up"], after["down"]) == (before["up"] + 1, before["down"]), after
        call(message, bearer, "DELETE", expect=204)
        assert counted(chief, 0)["short"]["feedback"] == before

        # A version that an administrator asks for is a trial.
        async with Chat(chief, url=READY["websocket"] + "?variant=tools&", assistant=None) as chat:
            assert completed(await chat.ask("What does 水 mean?"))["variant"] == "tools"
        await variant_of(user, "What does 水 mean?")
        assert "tools" not in counted(chief, len(USERS) + 5)

        call("/api/v1/admin/variants", bearer, expect=403)
        call("/api/v1/admin/variants?month=2026", chief, expect=422)
        assert call("/api/v1/admin/variants?month=2020-01", chief)["variants"] == []
        other = token("--user", "chief", "--tenant", "other", "--role", "admin")
        assert call("/api/v1/admin/variants", other)["variants"] == []


run(globals())

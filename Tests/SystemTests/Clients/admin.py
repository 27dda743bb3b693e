"""The admin API, the caller's own conversations, the page and its configuration over the HTTP API."""
import json
import time

from harness import Chat, READY, completed, get_json, http, run, token

ADMIN = "/api/v1/admin/chat"
root = token("--user", "root", "--role", "admin")
user = token("--user", "ana")


async def test_the_turn_just_made_is_listed():
    async with Chat(user) as chat:
        made = completed(await chat.ask("What does 食べる mean?"))
    status, page = get_json(f"{ADMIN}/conversations", root)
    assert status == 200, page
    listed = [c for c in page["conversations"] if c["id"] == made["conversationId"]]
    assert len(listed) == 1 and listed[0]["userId"] == "ana", page
    status, one = get_json(f"{ADMIN}/conversations/{made['conversationId']}", root)
    assert status == 200 and one["conversation"]["id"] == made["conversationId"], one
    assert "to eat" in json.dumps(one, ensure_ascii=False), one
    status, of_user = get_json(f"{ADMIN}/conversations/user/ana", root)
    assert made["conversationId"] in [c["id"] for c in of_user["conversations"]], of_user
    status, stats = get_json(f"{ADMIN}/stats", root)
    assert status == 200 and json.dumps(stats), stats


def test_roles():
    for path in ["/conversations", "/conversations/c-1", "/conversations/user/ana", "/stats"]:
        for bearer, expected in [(None, 401), ("nonsense", 401), (user, 403)]:
            status, headers, body = http(ADMIN + path, bearer)
            assert status == expected, (path, status, body)
            assert headers.get_content_type() == "application/json", headers
    assert http(f"{ADMIN}/conversations/absent", root)[0] == 404


async def test_pages():
    person = token("--user", f"pager-{time.time_ns()}")
    async with Chat(person) as chat:
        made = {completed(await chat.ask(f"What does 水 mean?"))["conversationId"] for _ in range(5)}
    assert len(made) == 5
    found, cursor, pages = [], "", 0
    while True:
        query = f"?limit=2{'&cursor=' + cursor if cursor else ''}"
        status, page = get_json("/api/v1/conversations" + query, person)
        assert status == 200 and len(page["conversations"]) <= 2, page
        found += [c["id"] for c in page["conversations"]]
        pages += 1
        cursor = page["nextCursor"]
        if not cursor:
            break
    assert sorted(found) == sorted(made) and pages >= 3, (found, made)
    first = get_json(f"{ADMIN}/conversations?limit=1", root)[1]["nextCursor"]
    assert get_json(f"{ADMIN}/conversations?limit=1&cursor={first}", root)[0] == 200
    for bad in [first[:-3], "x" + first[1:], "AAAA", first + "A"]:
        assert get_json(f"{ADMIN}/conversations?limit=1&cursor={bad}", root)[0] == 422, bad
    other = token("--user", "other-root", "--role", "admin")
    assert get_json(f"{ADMIN}/conversations?limit=1&cursor={first}", other)[0] == 422
    for limit in ["0", "1001", "-1", "x", "", "1.5"]:
        assert get_json(f"{ADMIN}/conversations?limit={limit}", root)[0] == 422, limit


async def test_own_conversations_only():
    async with Chat(token("--user", "bob")) as chat:
        frames = await chat.ask("What does 犬 mean?")
        mine = completed(frames)["conversationId"]
    status, messages = get_json(f"/api/v1/conversations/{mine}/messages", token("--user", "bob"))
    assert status == 200 and [m["role"] for m in messages["messages"]] == ["user", "assistant"], messages
    foreign = http(f"/api/v1/conversations/{mine}/messages", user)
    absent = http("/api/v1/conversations/c-none/messages", user)
    assert foreign[0] == absent[0] == 404, (foreign, absent)
    assert json.loads(foreign[2])["error"] == json.loads(absent[2])["error"], (foreign, absent)
    assert http("/api/v1/conversations")[0] == 401


async def test_tenants_do_not_meet():
    tenant = f"b-{time.time_ns()}"
    async with Chat(token("--user", "cy", "--tenant", tenant)) as chat:
        made = completed(await chat.ask("What does 犬 mean?"))["conversationId"]
    page = get_json(f"{ADMIN}/conversations?limit=1000", root)[1]
    assert made not in [c["id"] for c in page["conversations"]]
    other = token("--user", "root", "--role", "admin", "--tenant", tenant)
    page = get_json(f"{ADMIN}/conversations", other)[1]
    assert [c["id"] for c in page["conversations"]] == [made], page


def test_page_and_configuration():
    status, headers, body = http("/")
    assert status == 200 and headers.get_content_type() == "text/html" and b"<!doctype html>" in body.lower()
    assert "default-src 'none'" in headers["Content-Security-Policy"], headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["ETag"] and headers["Cache-Control"], headers
    assert http("/", headers={"If-None-Match": headers["ETag"]})[0] == 304
    status, config = get_json("/api/v1/config")
    assert status == 200 and config["webSocketURL"] == READY["websocket"], config
    assert get_json("/health") [0] == 200 and get_json("/health")[1]["status"] == "healthy"
    assert get_json("/health")[1]["service"] == "martlet"
    for path in ["/nothing", "/api/v1/nothing", "/../template.json", "/%2e%2e/template.json", "/app/../../template.json"]:
        assert http(path)[0] in (400, 404), path


def test_rebinding_and_foreign_pages():
    assert http("/", headers={"Host": "evil.test"}, base=READY["services"])[0] == 403
    assert http("/", headers={"Origin": "https://evil.test"}, base=READY["services"])[0] == 403


run(globals())

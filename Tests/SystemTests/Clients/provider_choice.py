"""Who answers is a setting: a chat turn with each provider, and with the next one when the first fails."""
import json
import pathlib
import tempfile

from harness import Chat, Emulator, READY, completed, http, run, text_of

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
PATHS = {"openai": "/openai/v1/chat/completions", "anthropic": "/anthropic/v1/messages",
         "gemini": "/gemini/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent",
         "vertex": "/vertex/v1beta1/projects/martlet/locations/us-central1/publishers/google/models/"
                   "gemini-3.5-flash-lite:streamGenerateContent",
         "bedrock": "/model/amazon.nova-lite-v1%3A0/converse-stream"}


def asked():
    status, _, body = http("/_martlet/models/requests", base=READY["services"])
    assert status == 200, status
    return [request["path"] for request in json.loads(body)["requests"]]


async def one_turn(expected, **settings):
    with Emulator(folder.name, **settings) as emulator:
        async with Chat(READY["token"]) as chat:
            frames = await chat.ask("What does 食べる mean?")
        completed(frames)
        assert "to eat" in text_of(frames), text_of(frames)
        paths = asked()
        for path in expected:
            assert path in paths, (path, paths)
        log = "".join(emulator.log)
        for secret in ("PRIVATE KEY", "Bearer "):
            assert secret not in log, "a key is in the log"


async def test_openai():
    await one_turn([PATHS["openai"]], LLM_PROVIDER="openai")


async def test_anthropic():
    await one_turn([PATHS["anthropic"]], LLM_PROVIDER="anthropic")


async def test_gemini():
    await one_turn([PATHS["gemini"]], LLM_PROVIDER="gemini", SEARCH_GROUNDING="true")


SEARCH = {"answers": [
    {"provider": "openai", "contains": "won the cup", "toolCalls": [
        {"name": "search_web", "arguments": {"query": "Who won the cup?"}}]},
    {"provider": "gemini", "contains": "who won the cup", "text": "Team Blue won it on 3 May."},
    {"provider": "openai", "contains": "Team Blue", "text": "Team Blue has won."}]}


async def test_google_search_by_another_provider_and_its_pages_are_sources():
    script = pathlib.Path(folder.name) / "search.json"
    script.write_text(json.dumps(SEARCH))
    for setting, offered in [("japanese", True), ("japanese/short", False), ("false", False)]:
        with Emulator(folder.name + "/state", "--script", str(script), SEARCH_GROUNDING=setting):
            async with Chat(READY["token"]) as chat:
                frames = await chat.ask("Who won the cup?")
            end = completed(frames)
            requests = json.loads(http("/_martlet/models/requests", base=READY["services"])[2])["requests"]
            searches = [request["body"] for request in requests if request["path"] == PATHS["gemini"]]
            if offered:
                assert text_of(frames) == "Team Blue has won.", text_of(frames)
                assert end["sources"] == [{"source": "https://search.example/?q=Who%20won%20the%20cup%3F",
                                           "title": "search.example", "type": "web"}], end["sources"]
                assert len(searches) == 1 and searches[0]["tools"] == [{"googleSearch": {}}], searches
            else:
                assert not searches and not [s for s in end["sources"] if s["type"] == "web"], (searches, end)


async def test_vertex():
    await one_turn(["/vertex/token", PATHS["vertex"]], LLM_PROVIDER="vertex")


async def test_bedrock():
    await one_turn([PATHS["bedrock"]], LLM_PROVIDER="bedrock")


async def test_the_next_one_answers_when_the_first_cannot():
    await one_turn([PATHS["anthropic"], PATHS["bedrock"]], LLM_PROVIDER="anthropic:no-such-model,bedrock")
    await one_turn([PATHS["gemini"]], LLM_PROVIDER="openai", OPENAI_BASE_URL="http://127.0.0.1:9/v1",
                   ASSISTANT_PROVIDERS="japanese=openai,gemini")


run(globals())

"""`martlet evaluate` against a running stack: figures, comparison, resuming, an interrupt, and what is wrong with files."""
import json
import os
import signal
import subprocess
import tempfile
import time

from harness import PROGRAM, READY, STATE, http, run, token

PROJECT = os.environ["MARTLET_PROJECT"]
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
QUESTIONS = [
    {"id": "eat", "question": "What does 食べる mean?", "facts": [["to eat", "eating"], "たべる"],
     "forbidden": ["drink"], "tool": "get_word_details", "sources": ["japanese/word/食べる"], "tags": ["word"]},
    {"id": "strokes", "question": "How many strokes does 語 have?", "facts": ["14"], "tool": "get_kanji_details",
     "sources": ["japanese/kanji/語"], "tags": ["kanji"]},
    {"id": "follow", "question": ["How many strokes does 語 have?", "And 飲?"], "facts": ["12"], "tags": ["kanji"]},
    {"id": "wrong", "question": "What does 猫 mean?", "facts": ["elephant"], "forbidden": ["cat"], "tags": ["word"]},
    {"id": "nobody", "question": "What is my teacher's phone number?", "declines": True, "tags": ["unknown"]},
    {"id": "hello", "question": "Hello!", "tool": None, "tags": ["talk"]},
]


def place(name):
    return os.path.join(folder.name, name)


def write(name, lines):
    with open(place(name), "w") as file:
        file.write("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return place(name)


def command(*words):
    return [PROGRAM, "evaluate", "japanese", "--url", READY["gateway"], "--dir", STATE, *words]


def evaluate(*words, status=0, **options):
    done = subprocess.run(command(*words), capture_output=True, text=True, cwd=PROJECT, timeout=120, **options)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def report(*words, **options):
    return json.loads(evaluate(*words, "--json", "-", **options).stdout)


questions = write("questions.jsonl", ["# a remark", "", *QUESTIONS])


def test_figures():
    page, file = place("report.html"), place("report.json")
    done = evaluate("--questions", questions, "--html", page, "--json", file)
    assert "83.3 % (5 of 6" in done.stdout and "✗ wrong: missing: elephant; claimed: cat" in done.stdout, done.stdout
    assert "\x1b" not in done.stderr and "[#" not in done.stderr, "a bar without a terminal"
    with open(file) as opened:
        found = json.load(opened)
    version = found["versions"][0]
    assert version["accuracy"]["count"] == 5 and version["failedTurns"] == 0, version
    assert version["hit"]["5"]["count"] == 2 and version["hit"]["5"]["total"] == 2, version["hit"]
    assert version["toolAccuracy"]["share"] == 1 and version["declined"]["share"] == 1, version
    assert 0 < version["firstChunkMs"]["p50"] <= version["totalMs"]["p50"], version
    assert version["answeredBy"] == ["standard"], version
    # The stack's price table: gpt-4o-mini costs 0.15 and 0.60 dollars a million.
    usage = version["usage"]
    cost = (usage["inputTokens"] * 0.15 + usage["outputTokens"] * 0.60) / 1e6
    assert abs(version["costUSD"] - cost) < 1e-9, version
    follow = next(answer for answer in version["answers"] if answer["id"] == "follow")
    assert follow["question"] == QUESTIONS[2]["question"] and follow["correct"], follow
    with open(page) as opened:
        html = opened.read()
    assert html.startswith("<!doctype html>") and "飲" in html and "<script" not in html and 'src="' not in html
    dearer = report("--questions", questions, "--price", "1000/0")["versions"][0]
    assert abs(dearer["costUSD"] - dearer["usage"]["inputTokens"] / 1000) < 1e-9, dearer


def test_the_same_again():
    first, second = (report("--questions", questions)["versions"][0]["answers"] for _ in range(2))
    for one, other in zip(first, second):
        assert one["answer"] == other["answer"] and one["tools"] == other["tools"], (one, other)


def test_two_versions():
    done = evaluate("--questions", questions, "--variant", "standard", "--variant", "tools")
    assert "tools against standard" in done.stdout and "Newcombe" in done.stdout, done.stdout
    found = report("--questions", questions, "--variant", "standard,short")
    assert [version["answeredBy"] for version in found["versions"]] == [["standard"], ["short"]], found
    low, high = found["comparison"]["interval95"]
    assert low < 0 < high and found["comparison"]["mcNemarP"] == 1, found["comparison"]
    assert "medianDifference" in found["comparison"]["totalMs"], found["comparison"]
    evaluate("--questions", questions, "--variant", "nonsense", status=1)


def test_parts():
    assert len(report("--questions", questions, "--limit", "2")["versions"][0]["answers"]) == 2
    only = report("--questions", questions, "--only", "kanji", "--only", "hello")["versions"][0]["answers"]
    assert [answer["id"] for answer in only] == ["strokes", "follow", "hello"], only
    own = report("--only", "small-talk")["versions"][0]
    assert own["accuracy"]["share"] == 1, own  # the assistant's own file


def test_the_limit_is_an_exit_status():
    evaluate("--questions", questions, "--minimum-accuracy", "0.8")
    done = evaluate("--questions", questions, "--minimum-accuracy", "0.9", status=1)
    assert "under 0.9" in done.stderr, done.stderr


def test_it_goes_on_where_it_was():
    kept = place("answers.jsonl")
    evaluate("--questions", questions, "--limit", "3", "--answers", kept)
    with open(kept) as opened:
        lines = opened.read().splitlines(keepends=True)
    assert len(lines) == 3, lines
    with open(kept, "w") as opened:
        opened.writelines(lines[:2] + [lines[2][:40]])  # killed while it wrote
    done = evaluate("--questions", questions, "--answers", kept)
    assert "2 of 6 were answered before" in done.stderr, done.stderr
    with open(kept) as opened:
        assert len({json.loads(line)["question"] for line in opened}) == 6
    write("answers.jsonl", ["no answer"])
    assert "answers.jsonl: line 1: " in evaluate("--questions", questions, "--answers", kept, status=2).stderr


def test_an_interrupt_keeps_what_there_is():
    many = write("many.jsonl", [dict(QUESTIONS[0], id=f"q{number}") for number in range(400)])
    kept = place("many-answers.jsonl")
    running = subprocess.Popen(command("--questions", many, "--answers", kept, "--concurrency", "1"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)
    end = time.monotonic() + 60
    while time.monotonic() < end and not (os.path.exists(kept) and os.path.getsize(kept) > 0):
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 130, (running.returncode, errors)
    assert "broken off: " in output and "accuracy" in output, output


def test_files_that_cannot_be_used():
    for name, lines, words in [
            ("a", ['{"question": "a", "facts": ["b"]}', '{"question": "c", "fact": ["d"]}'],
             'line 2: unknown member "fact"; known: '),
            ("b", ["# nothing"], "it has no questions"),
            ("c", ["", "{nonsense"], "line 2: column 2: it is not JSON"),
            ("d", ['{"question": "a"}'], "line 1: it expects nothing: give facts, "),
            ("e", [QUESTIONS[0], QUESTIONS[0]], 'line 2: the id "eat" stands in line 1 too'),
    ]:
        done = evaluate("--questions", write(name, lines), status=2)
        assert f"{place(name)}: {words}" in done.stderr, (words, done.stderr)
    assert "does not exist" in evaluate("--questions", place("none"), status=2).stderr
    assert "no question has the id or tag verbs" in evaluate("--only", "verbs", status=2).stderr


def test_stacks_that_cannot_be_asked():
    def other(*words):
        done = subprocess.run([PROGRAM, "evaluate", *words], capture_output=True, text=True, cwd=PROJECT, timeout=60)
        assert done.returncode == 2, (words, done)
        return done.stderr
    assert "there is no assistant french" in other(
        "french", "--questions", questions, "--url", READY["gateway"], "--dir", STATE)
    assert "is it running?" in other(
        "japanese", "--questions", questions, "--url", "http://127.0.0.1:9", "--dir", STATE)
    assert "who asks?" in other("japanese", "--questions", questions, "--url", "https://example.com")
    assert "evaluation/french.jsonl does not exist" in other("french")


def test_people_without_the_role():
    user = token("--user", "ana")
    version = report("--questions", questions, env=os.environ | {"MARTLET_TOKEN": user})["versions"][0]
    assert version["accuracy"]["count"] == 5 and version["hit"]["5"]["total"] == 0, version
    assert version["costUSD"] is None, version
    done = evaluate("--questions", questions, "--token", user, "--variant", "short", status=1)
    assert "status 403" in done.stderr and "no question was answered" in done.stderr, done.stderr




run(globals())

"""What an answer out of the cache costs, beside one that is made: measured at the client, over HTTP.

The local model stands in for a provider: it answers at once, so that what is left is our own work. A real model adds
its seconds to the first row and to no other. Three kinds of turns: made anew (`fresh`), out of the table (the first
time in a sandbox that has just started) and out of a sandbox's memory. Medians in milliseconds; release build,
everything on this machine.
"""
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "Tests/SystemTests/Clients"))
os.environ.setdefault("MARTLET_PROGRAM", str(root / ".build/release/martlet"))
os.environ.setdefault("MARTLET_BUILD", str(root / ".build/release"))
os.environ.setdefault("MARTLET_PROJECT", str(root))
from harness import Emulator, READY, http  # noqa: E402

QUESTIONS = ["Hello", "Hi", "Hey", "Thanks", "Thank you", "Who are you?", "Who made you?", "What model are you?"]
STARTS, REPEATS = 8, 10


def ask(message, expected, **more):
    """The milliseconds of a turn; whether it came out of the cache must be as expected."""
    body = json.dumps({"message": message, **more}).encode()
    began = time.perf_counter()
    status, _, answer = http("/api/v1/messages", READY["token"], "POST", body, {"Content-Type": "application/json"})
    took = (time.perf_counter() - began) * 1000
    assert status == 200 and json.loads(answer)["cached"] is expected, (status, answer)
    return took


made, table, memory = [], [], []
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    for start in range(STARTS):
        with Emulator(folder + "/state"):
            for _ in range(3):
                ask("Good day to you all", False, fresh=True)  # the sandbox is warm, its cache is not
            if start == 0:
                for question in QUESTIONS:
                    ask(question, False)
                continue
            table += [ask(question, True) for question in QUESTIONS]
            for _ in range(REPEATS):
                memory += [ask(question, True) for question in QUESTIONS]
                made += [ask(question, False, fresh=True) for question in QUESTIONS]
for name, values in [("made", made), ("table", table), ("memory", memory)]:
    ordered = sorted(values)
    print(f"cache: {name:7} median {statistics.median(ordered):6.2f} ms   "
          f"p99 {ordered[int(len(ordered) * 0.99)]:6.2f} ms   ({len(ordered)} turns)")

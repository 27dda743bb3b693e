"""Many conversations at once: what the stack adds to each chunk of a provider's stream.

A provider streams 50 chunks a second to each of 200 turns, one sandbox each. Every chunk carries the moment at which it
was written; the same thread reads the clock when the chunk has come back to a client, through the function,
`@connections`, the gateway and the WebSocket. Release build, everything on this machine.

    conversations.py [CONVERSATIONS [CHUNKS]]

Without arguments it measures before that what a single warm turn takes besides its provider's own time.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "Tests/SystemTests/Clients"))
build = os.environ.setdefault("MARTLET_BUILD", str(root / ".build/release"))
os.environ.setdefault("MARTLET_PROGRAM", build + "/martlet")
os.environ.setdefault("MARTLET_PROJECT", str(root))
from harness import Emulator, READY, sandboxes  # noqa: E402



def processor_time(processes):
    """Seconds that these processes have used."""
    ticks = 0
    for process in processes:
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(process):
    """Its share of the memory that it uses, in KB."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def measure(talks, chunks):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bench = subprocess.Popen([os.environ["MARTLET_BUILD"] + "/martlet-bench", "conversations", talks, chunks],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = int(bench.stdout.readline())
        with Emulator(folder + "/state", OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1", OPENAI_API_KEY="key",
                      LLM_PROVIDER="openai") as emulator:
            url = urllib.parse.urlsplit(READY["websocket"])
            began = time.monotonic()
            bench.stdin.write(f"{url.port} {url.path or '/'}?assistant=japanese {READY['token']}\n")
            bench.stdin.close()
            lines = bench.stdout.read()
            elapsed = time.monotonic() - began
            print(lines, end="")
            if bench.wait() != 0:
                print("".join(emulator.log[-20:]), file=sys.stderr)
                sys.exit(1)
            functions = sandboxes()
            print(f"{len(functions)} sandboxes of {sum(map(memory, functions)) / 1024 / len(functions):.1f} MB each; "
                  f"processor seconds within {elapsed:.1f}: functions {processor_time(functions):.1f}, "
                  f"emulator {processor_time([emulator.process.pid]):.1f}")


if len(sys.argv) == 1:
    measure("1", "0")
measure(*(sys.argv[1:] + ["200", "500"][len(sys.argv) - 1:])[:2])

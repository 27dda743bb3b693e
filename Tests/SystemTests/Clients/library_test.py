"""docs/runtime.md, read literally: its package is built beside this project, run and packed."""
import json
import os
import re
import subprocess
import tempfile
import urllib.request

from harness import PROGRAM, run

PROJECT = os.environ["MARTLET_PROJECT"]
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def section():
    with open(f"{PROJECT}/docs/runtime.md") as file:
        return re.search(r"## A function in a package of your own\n(.*?)\n## ", file.read(), re.S)[1]


def test_the_example_of_the_document():
    text = section()
    os.symlink(PROJECT, f"{folder.name}/martlet")
    shop = f"{folder.name}/shop"
    files = re.findall(r"`([\w./]+)`:\n\n```(?:swift|json)\n(.*?)```", text, re.S)
    assert [name for name, _ in files] == ["Package.swift", "Sources/Greet/main.swift", "template.json"], files
    for name, content in files:
        os.makedirs(os.path.dirname(f"{shop}/{name}"), exist_ok=True)
        with open(f"{shop}/{name}", "w") as file:
            file.write(content)
    for line in re.search(r"```sh\n(.*?)```", text, re.S)[1].splitlines():
        words = line.split("#")[0].split()
        if words[0] != "../martlet/martlet":
            done = subprocess.run(words, cwd=shop, capture_output=True, text=True, timeout=900)
            assert done.returncode == 0, (line, done.stdout[-3000:], done.stderr[-3000:])
        elif words[1] == "start":
            started(shop, [PROGRAM, *words[1:]], *re.search(r"3000(/\S+) → (.*)", line).groups())
        else:
            done = subprocess.run([PROGRAM, *words[1:]], cwd=shop, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0 and re.search(r"# (\S+\.zip)", line)[1] in done.stdout, (line, done)


def started(shop, command, path, answer):
    command += ["--json", "--port", "0", "--service-port", "0", "--state", ":memory:"]
    with subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            with urllib.request.urlopen(json.loads(line)["gateway"] + path, timeout=30) as response:
                assert json.load(response) == json.loads(answer)
        finally:
            process.terminate()


run(globals())

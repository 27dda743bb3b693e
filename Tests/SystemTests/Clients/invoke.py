"""`martlet invoke` and `martlet token` as a user types them, without and beside a running emulator."""
import json
import os
import subprocess
import tempfile

from harness import Emulator, PROGRAM, READY, run

project = os.environ["MARTLET_PROJECT"]
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def martlet(*arguments, text=None):
    return subprocess.run([PROGRAM, *arguments], cwd=project, input=text, capture_output=True, text=True, timeout=60)


def invoke(*arguments, **options):
    return martlet("invoke", *arguments, "--dir", folder.name, "--build", os.environ["MARTLET_BUILD"], **options)


def check_events():
    for event, route, status in [("connect", "connect", 200), ("connect-refused", "connect", 401),
                                 ("disconnect", "disconnect", 200), ("default", "default", 200),
                                 ("chat", "chat", 200), ("admin-conversations", "admin", 200),
                                 ("admin-forbidden", "admin", 403), ("health", "health", 200)]:
        done = invoke(route, "--event", f"events/{event}.json")
        assert done.returncode == 0, (event, done)
        assert json.loads(done.stdout)["statusCode"] == status, (event, done)
        assert "REPORT RequestId:" in done.stderr and "Billed Duration:" in done.stderr, (event, done.stderr)


def test_events_alone():
    check_events()


def test_events_beside_a_running_emulator():
    with Emulator(folder.name):
        check_events()


def test_standard_input():
    with open(f"{project}/events/health.json") as file:
        done = invoke("health", "--event", "-", text=file.read())
    assert done.returncode == 0 and json.loads(done.stdout)["statusCode"] == 200, done


def test_posted_frames_are_shown():
    done = invoke("chat", "--event", "events/chat.json")
    assert '"type":"complete"' in done.stderr.replace(" ", ""), done.stderr


def test_metrics_of_a_turn():
    done = invoke("chat", "--event", "events/chat.json")
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"_aws"')]
    names = {name for line in lines for name in line if isinstance(line[name], list)}
    assert {"ColdStart", "Duration", "Turns", "FailedTurns", "TurnTime", "OutputTokens"} <= names, (names, done.stderr)
    assert all(line["requestId"] for line in lines), lines


def test_broken_json():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('{\n  "a": 1,\n  "b": }\n')
        file.flush()
        done = invoke("chat", "--event", file.name)
        assert done.returncode == 2 and done.stdout == "", done
        assert file.name in done.stderr and "line 3" in done.stderr and "column 8" in done.stderr, done.stderr


def test_wrong_usage():
    done = invoke("nonsense", "--event", "events/chat.json")
    assert done.returncode == 2 and all(r in done.stderr for r in ["connect", "chat", "admin", "web"]), done
    assert invoke("chat", "--event", "events/absent.json").returncode == 2
    assert invoke("chat").returncode == 2
    assert martlet("dance").returncode == 2 and "start" in martlet("dance").stderr
    for command in [[], ["start"], ["invoke"], ["token"]]:
        done = martlet(*command, "--help")
        assert done.returncode == 0 and "martlet" in done.stdout, done


def test_token():
    done = martlet("token", "--user", "ana", "--dir", folder.name)
    assert done.returncode == 0 and done.stdout.count(".") == 2 and done.stdout.count("\n") == 1, done
    assert martlet("token", "--dir", folder.name).returncode == 2
    with Emulator(folder.name):
        assert READY["token"].count(".") == 2
        assert martlet("token", "--user", "ana", "--dir", folder.name).returncode == 0


run(globals())

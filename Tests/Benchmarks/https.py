"""The first HTTPS call of a new sandbox: from the first event handed over to the request read by a TLS server on this
machine, whose authority the function finds in a hashed directory. The function is `conversations`, which asks Secrets
Manager first. With the event there at once, and with one that comes while the sandbox waits.

Prints medians and the slowest in milliseconds; each start is a new process, the file cache is warm.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "Tests/SystemTests/Clients"))
from sandbox import Cloud, RuntimeAPI, conversations_event, make_certificates  # noqa: E402

BUILD = os.environ.get("MARTLET_BUILD", str(root / ".build/release"))
PROGRAM = os.environ.get("MARTLET_PROGRAM", f"{BUILD}/martlet")
STARTS, SECRET = 21, "0123456789abcdef" * 4


def first_call(cloud, task, event, pause):
    """Milliseconds from the event to the first request at the cloud, and to the function's answer."""
    with RuntimeAPI() as api:
        environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.port}", "_HANDLER": "conversations",
                       "LAMBDA_TASK_ROOT": task, "AWS_ENDPOINT_URL": f"https://127.0.0.1:{cloud.port}",
                       "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        cloud.calls.clear()
        with subprocess.Popen([f"{BUILD}/bootstrap"], env=environment, stderr=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as process:
            try:
                if pause:
                    api.asked.wait(10)
                    time.sleep(pause)
                kind, body, seconds = api.invoke(event)
                assert kind == "response", body
                return (cloud.calls[0][1] - api.handed) * 1000, seconds * 1000
            finally:
                process.terminate()


with tempfile.TemporaryDirectory() as folder:
    task = f"{folder}/task"
    os.makedirs(f"{task}/certificates")
    name = make_certificates(folder)
    shutil.copy(f"{folder}/authority.pem", f"{task}/certificates/{name}")
    with open(f"{folder}/key", "w") as file:
        file.write(SECRET)
    token = subprocess.run([PROGRAM, "token", "--user", "ana", "--key", f"{folder}/key"], check=True,
                           capture_output=True, text=True, cwd=root).stdout.strip()
    event = conversations_event(root, token)
    with Cloud(folder, SECRET) as cloud:
        for what, pause in [("event at once", 0), ("event after 100 ms", 0.1)]:
            times = [first_call(cloud, task, event, pause) for _ in range(STARTS)]
            for part, values in zip(["first call", "answer"], zip(*times)):
                print(f"https: {what:18} {part:10} median {statistics.median(values):6.2f} ms   "
                      f"slowest {max(values):6.2f} ms   ({STARTS} starts)")

"""`martlet smoke` against a running emulator, and against what is broken in one place."""
import http.server
import os
import subprocess
import tempfile
import threading

from harness import Emulator, PROGRAM, READY, http as get, run, token

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def smoke(url, *arguments, bearer=None):
    environment = {"PATH": os.environ["PATH"]} | ({"MARTLET_TOKEN": bearer} if bearer else {})
    return subprocess.run([PROGRAM, "smoke", url, *arguments], env=environment, capture_output=True, text=True,
                          timeout=60)


def broken(at):
    """The emulator's HTTP API with one path that answers 500."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == at:
                self.send_error(500)
                return
            status, headers, body = get(self.path)
            self.send_response(status)
            self.send_header("Content-Type", headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_each_check_has_its_status():
    with Emulator(folder.name):
        done = smoke(READY["gateway"], bearer=READY["token"])
        assert done.returncode == 0, done
        assert [line.split()[:2] for line in done.stdout.splitlines()] == [
            ["ok", "health:"], ["ok", "page:"], ["ok", "turn:"]], done.stdout
        assert smoke(READY["gateway"], "--websocket", READY["websocket"], "--token", token("--user", "ana")).returncode == 0
        for at, status in [("/health", 3), ("/", 4), ("/api/v1/config", 4)]:
            done = smoke(broken(at), bearer=READY["token"])
            assert done.returncode == status and "FAILED" in done.stdout, (at, done)
        done = smoke(READY["gateway"], bearer="eyJ.wrong.token")
        assert done.returncode == 5 and "401" in done.stdout, done
        done = smoke(READY["gateway"], "--websocket", "wss://127.0.0.1:1/prod", bearer=READY["token"])
        assert done.returncode == 5, done
    assert smoke(READY["gateway"], bearer=READY["token"]).returncode == 3
    done = smoke(READY["gateway"])
    assert done.returncode == 2 and "MARTLET_TOKEN" in done.stderr, done


run(globals())

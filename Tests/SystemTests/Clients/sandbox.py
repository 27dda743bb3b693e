"""A function's process without an emulator: a plain Runtime API, and a cloud behind TLS with its own authority."""
import http.server
import json
import queue
import ssl
import subprocess
import threading
import time


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Nagle and delayed acknowledgements would add 40 ms to an answer that is written in two parts.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class Served:
    """An HTTP server on a free port of the loopback, for a scope."""

    def __init__(self, handler, context=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        # A client that does not trust us, or ends in the middle, is no fault of a test.
        self.server.handle_error = lambda *_: None
        self.server.owner = self
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class RuntimeAPI(Served):
    """Gives one event at a time; `invoke` returns (kind, body, seconds): kind is response, error or init."""

    class Handler(Answering):
        def do_GET(self):
            api = self.server.owner
            api.asked.set()
            event = api.events.get()
            if event is None:
                return
            api.handed = time.perf_counter()
            self.answer(200, event, Lambda_Runtime_Aws_Request_Id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                        Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 20_000),
                        Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:123456789012:function:f")

        def do_POST(self):
            kind = "init" if "/init/" in self.path else self.path.rsplit("/", 1)[-1]
            body = self.body()
            # The process asks for the next event as soon as it has this answer: what is measured ends here.
            self.server.owner.answers.put((kind, body, time.perf_counter()))
            self.answer(202, b'{"status":"OK"}\n')

    def __init__(self):
        super().__init__(self.Handler)
        self.events, self.answers, self.asked, self.handed = queue.Queue(), queue.Queue(), threading.Event(), 0

    def __exit__(self, *arguments):
        self.events.put(None)
        super().__exit__(*arguments)

    def invoke(self, event, seconds=30):
        self.events.put(event if isinstance(event, bytes) else json.dumps(event).encode())
        kind, body, end = self.answers.get(timeout=seconds)
        return kind, body, end - self.handed


class Cloud(Served):
    """Secrets Manager with one secret and DynamoDB with empty tables, over TLS; counts what it answers."""

    class Handler(Answering):
        def do_POST(self):
            target, _ = self.headers.get("X-Amz-Target", ""), self.body()
            cloud = self.server.owner
            cloud.calls.append((target, time.perf_counter()))
            body = {"Items": [], "Count": 0, "ScannedCount": 0}
            if target.startswith("secretsmanager."):
                body = {"Name": "martlet/token-key", "SecretString": cloud.secret, "VersionId": "1" * 32,
                        "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:martlet/token-key-abcdef"}
            self.answer(200, json.dumps(body).encode(), Content_Type="application/x-amz-json-1.0")

    def __init__(self, certificates, secret):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{certificates}/server.pem", f"{certificates}/server.key")
        super().__init__(self.Handler, context)
        self.secret, self.calls = secret, []


def make_certificates(folder):
    """An authority and its certificate for 127.0.0.1 in `folder`; returns the authority's hashed file name."""
    def openssl(*arguments):
        return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Martlet test authority", "-days", "2",
            "-keyout", "authority.key", "-out", "authority.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "csr")
    with open(f"{folder}/extensions", "w") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
            "-days", "2", "-extfile", "extensions", "-out", "server.pem")
    return openssl("x509", "-hash", "-noout", "-in", "authority.pem").strip() + ".0"


def conversations_event(project, token):
    """A user's question for their conversations: the function reads the secret, then a table."""
    with open(f"{project}/events/conversations.json") as file:
        event = json.load(file)
    event["headers"]["authorization"] = f"Bearer {token}"
    return event

"""The same process handles 100,000 invocations, and its memory stays as it is."""
import os
import socket
import subprocess

from harness import run

BUILD = os.environ["MARTLET_BUILD"]
COUNT, WARM = 100_000, 20_000
ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
with open(f"{os.environ['MARTLET_PROJECT']}/Tests/EventsTests/Fixtures/apigw-v2-request-no-authorizer.json", "rb") as file:
    EVENT = file.read()


def answer(number):
    """As the official emulator gives it: without a trace id every other time."""
    trace = b"" if number % 2 else b"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-%024x\r\n" % number
    return (b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-%012d\r\n"
            b"Lambda-Runtime-Deadline-Ms: 4102444800000\r\nContent-Type: application/json\r\n%s"
            b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n"
            b"Content-Length: %d\r\n\r\n" % (number, trace, len(EVENT))) + EVENT


class Client:
    """One connection of a runtime: reads whole requests, as fast as this language can."""

    def __init__(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(60)
        self.connection = connection

    def request(self):
        received = b""
        while True:
            more = self.connection.recv(1 << 16)
            assert more, "the runtime closed its connection"
            received += more
            head, end, body = received.partition(b"\r\n\r\n")
            if not end:
                continue
            length = [int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")]
            if len(body) == (length[0] if length else 0):
                return head.split(b" ", 2)[1]


def resident(process):
    """Kilobytes of memory of the process's own."""
    with open(f"/proc/{process.pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["RssAnon"].split()[0])


def flat(program, handler):
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.getsockname()[1]}", "_HANDLER": handler}
        with subprocess.Popen([f"{BUILD}/{program}"], env=environment, stderr=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as process:
            try:
                client = Client(server.accept()[0])
                assert client.request().endswith(b"/next")
                for number in range(COUNT):
                    client.connection.sendall(answer(number))
                    path = client.request()
                    assert path.endswith(b"%012d/response" % number), (number, path)
                    client.connection.sendall(ACCEPTED)
                    assert client.request().endswith(b"/next")
                    if number == WARM:
                        warm = resident(process)
                grown = resident(process) - warm
                print(f"{program}: {warm} kB after {WARM}, {grown:+} kB after {COUNT}")
                assert grown <= 256, f"{program} grew by {grown} kB"
            finally:
                process.terminate()


def test_bytes():
    flat("echo-raw", "")


def test_values():
    flat("echo-codable", "")


def test_bootstrap():
    flat("bootstrap", "health")


run(globals())

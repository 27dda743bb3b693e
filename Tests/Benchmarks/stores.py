"""The stores under load, beside their peers and their ceilings.

10,000 items of about 300 bytes in 100 partitions, 64 keep-alive connections of wrk, durability normal; moto_server, raw
SQLite and the bare HTTP server are measured in the same run, so that a busy machine slows all of them. Also: start to
first answer, memory, point reads among a million items, and S3 beside dd.

usage: stores.py [--quick] [--seconds N]     --quick leaves out moto, the million items and the gigabyte
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import venv

root = pathlib.Path(__file__).resolve().parents[2]
release = pathlib.Path(os.environ.get("MARTLET_BUILD", root / ".build/release"))
MOTO = "moto[server]==5.2.5"
ITEMS, PARTITIONS, CONNECTIONS = 10_000, 100, 64
GOALS = {"Put": 25_000, "Get": 40_000, "Query 20": 15_000, "Update": 15_000, "TransactWrite 2": 8_000}
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host, Signature=b",
    "X-Amz-Date": "20260101T000000Z", "Content-Type": "application/x-amz-json-1.0"}
TEXT = "x" * 220
LUA = """
local counter = 0
local function key(n) return n % {partitions}, math.floor(n / {partitions}) end
local bodies = {{
  Put = function(p, s) return string.format([[{{"TableName":"{table}","Item":{{"pk":{{"S":"p%d"}},"sk":{{"S":"s%05d"}},"n":{{"N":"%d"}},"text":{{"S":"{text}"}}}}}}]], p, s, counter) end,
  Get = function(p, s) return string.format([[{{"TableName":"{table}","Key":{{"pk":{{"S":"p%d"}},"sk":{{"S":"s%05d"}}}}}}]], p, s) end,
  Query = function(p) return string.format([[{{"TableName":"{table}","KeyConditionExpression":"pk = :p AND begins_with(sk, :s)","ExpressionAttributeValues":{{":p":{{"S":"p%d"}},":s":{{"S":"s"}}}},"ScanIndexForward":false,"Limit":20}}]], p) end,
  Update = function(p, s) return string.format([[{{"TableName":"{table}","Key":{{"pk":{{"S":"p%d"}},"sk":{{"S":"s%05d"}}}},"UpdateExpression":"SET hits = if_not_exists(hits, :z) + :o","ConditionExpression":"attribute_exists(pk)","ExpressionAttributeValues":{{":z":{{"N":"0"}},":o":{{"N":"1"}}}}}}]], p, s) end,
  Transact = function(p, s) return string.format([[{{"TransactItems":[{{"Put":{{"TableName":"{table}","Item":{{"pk":{{"S":"p%d"}},"sk":{{"S":"s%05d"}},"n":{{"N":"%d"}},"text":{{"S":"{text}"}}}}}}}},{{"Update":{{"TableName":"{table}","Key":{{"pk":{{"S":"t%d"}},"sk":{{"S":"s%05d"}}}},"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{{":n":{{"N":"%d"}}}}}}}}]}}]], p, s, counter, p, s, counter) end,
}}
local headers = {headers}
function request()
  counter = counter + 7919
  local p, s = key(counter % {items})
  return wrk.format("POST", "/", headers, bodies["{kind}"](p, s))
end
local failed = 0
function response(status) if status ~= 200 then failed = failed + 1 end end
"""


def wait_for(address, seconds=20):
    """Asks until there is an answer; the time of the first one."""
    url = urllib.parse.urlsplit(address)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return time.monotonic()
        except OSError:
            time.sleep(0.001)
    raise SystemExit(f"no answer from {address}")


def free_port():
    import socket
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """A program under test; ended at the end of the scope."""

    def __init__(self, command, address=None):
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if address is None:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{command[0]} did not start")
            address = json.loads(line)["services"] if line.startswith("{") else line.strip()
        self.address = address
        self.start = (wait_for(address) - began) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process.stdout.close()

    def memory(self):
        """Megabytes that are resident and this process's own."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1]) / 1024


def martlet(folder, *options):
    template = folder / "template.json"
    template.write_text('{"Resources": {"Objects": {"Type": "AWS::S3::Bucket"}}}')
    return Server([str(release / "martlet"), "start", "--json", "--port", "0", "--service-port", "0", "--template",
                   str(template), "--dir", str(folder / "state"), *options])


class Client:
    def __init__(self, address):
        url = urllib.parse.urlsplit(address)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)

    def call(self, operation, body):
        self.connection.request("POST", "/", json.dumps(body),
                                {**SIGNED, "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{operation}: {answer.status} {data[:300]}")
        return json.loads(data)

    def make_table(self, name):
        self.call("CreateTable", {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")]})

    def fill(self, name, count):
        for start in range(0, count, 25):
            self.call("BatchWriteItem", {"RequestItems": {name: [
                {"PutRequest": {"Item": {"pk": {"S": f"p{n % PARTITIONS}"}, "sk": {"S": f"s{n // PARTITIONS:05}"},
                                         "n": {"N": str(n)}, "text": {"S": TEXT}}}}
                for n in range(start, min(start + 25, count))]}})


def wrk(address, script, seconds, connections=CONNECTIONS):
    """Requests a second; ends the program when an answer was an error."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        found = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name, address],
                               capture_output=True, text=True, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", found)
    if failed:
        print(f"    {failed[0]}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", found)[1])


def load(address, kind, seconds, table="items", items=ITEMS):
    operation = {"Put": "PutItem", "Get": "GetItem", "Update": "UpdateItem", "Transact": "TransactWriteItems"}.get(kind, kind)
    headers = {**SIGNED, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    lua = "{" + ",".join(f'["{k}"]="{v}"' for k, v in headers.items()) + "}"
    return wrk(address, LUA.format(table=table, items=items, partitions=PARTITIONS, text=TEXT, headers=lua, kind=kind),
               seconds)


def sqlite_ceiling(folder, seconds):
    """Upserts (one commit each), point reads and reads of 20 rows a second, through Python's own binding."""
    database = sqlite3.connect(folder / "raw.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, pk BLOB, sk BLOB, item BLOB, UNIQUE (pk, sk))")
    key = [(f"p{n % PARTITIONS}".encode(), f"s{n // PARTITIONS:05}".encode()) for n in range(ITEMS)]
    tests = {
        "upsert": lambda n: database.execute(
            "INSERT INTO t (pk, sk, item) VALUES (?, ?, ?) ON CONFLICT (pk, sk) DO UPDATE SET item = excluded.item",
            (*key[n % ITEMS], f"{n:08}{TEXT}".encode())),
        "read": lambda n: database.execute("SELECT item FROM t WHERE pk = ? AND sk = ?", key[n % ITEMS]).fetchone(),
        "20 rows": lambda n: database.execute(
            "SELECT item FROM t WHERE pk = ? ORDER BY sk DESC LIMIT 20", key[n % ITEMS][:1]).fetchall()}
    rates = {}
    for name, test in tests.items():
        count, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(100):
                test(count * 7919)
                count += 1
        rates[name] = count / seconds
    database.close()
    return rates


def moto_program():
    folder = root / ".build/bench-venv"
    program = folder / "bin/moto_server"
    if not program.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "-q", "--disable-pip-version-check", MOTO], check=True)
    return str(program)


KINDS = {"Put": "Put", "Get": "Get", "Query 20": "Query", "Update": "Update", "TransactWrite 2": "Transact"}


def tables(folder, options):
    with martlet(folder) as server:
        idle = server.memory()
        client = Client(server.address)
        client.make_table("items")
        client.fill("items", ITEMS)
        rates = {name: load(server.address, kind, options.seconds) for name, kind in KINDS.items()}
        after = server.memory()
    port = free_port()
    with Server([str(release / "server-echo"), str(port)], f"http://127.0.0.1:{port}") as echo:
        bare = load(echo.address, "Put", options.seconds)
    raw = sqlite_ceiling(folder, options.seconds / 2)
    peer = {}
    if not options.quick:
        port = free_port()
        with Server([moto_program(), "-p", str(port)], f"http://127.0.0.1:{port}") as server:
            client = Client(server.address)
            client.make_table("items")
            client.fill("items", ITEMS)
            peer = {name: load(server.address, kind, options.seconds) for name, kind in KINDS.items()}
    ceiling = {"Put": "upsert", "Get": "read", "Query 20": "20 rows", "Update": "upsert", "TransactWrite 2": "upsert"}
    print(f"{'':16}{'per second':>12}{'goal':>9}{'of HTTP':>9}{'of SQLite':>11}{'moto':>8}{'times':>8}")
    for name, rate in rates.items():
        moto = peer.get(name)
        print(f"{name:16}{rate:12,.0f}{GOALS[name]:9,}{rate / bare:9.0%}{rate / raw[ceiling[name]]:11.0%}"
              + (f"{moto:8,.0f}{rate / max(moto, 0.1):8,.0f}" if moto is not None else ""))
    print(f"bare HTTP {bare:,.0f}/s; SQLite " + ", ".join(f"{k} {v:,.0f}/s" for k, v in raw.items()))
    print(f"memory: {idle:.1f} MB idle (goal 25), {after:.1f} MB after the run (goal 60)")


def starts(folder):
    times = []
    for number in range(5):
        place = folder / f"start-{number}"
        place.mkdir()
        with martlet(place) as server:
            times.append(server.start)
    print(f"start to first answer: median {statistics.median(times):.0f} ms of {len(times)} (goal 30)")


def million(folder, options):
    with martlet(folder) as server:
        client = Client(server.address)
        client.make_table("few")
        client.fill("few", 25)
        client.make_table("many")
        client.fill("many", 1_000_000)
        few = load(server.address, "Get", options.seconds, "few", 25)
        many = load(server.address, "Get", options.seconds, "many", 1_000_000)
        print(f"point reads: {few:,.0f}/s in a table of 25, {many:,.0f}/s of a million: {few / many:.2f} times "
              f"slower (goal 1.5); {server.memory():.0f} MB")


def objects(folder, options):
    with martlet(folder) as server:
        url = server.address + "/bench"
        subprocess.run(["curl", "-sf", "-X", "PUT", url], check=True)
        put = wrk(server.address, """
local counter = 0
function request() counter = counter + 1
return wrk.format("PUT", "/bench/o" .. counter % 1000, nil, string.rep("x", 1024)) end""", options.seconds)
        get = wrk(server.address, """
local counter = 0
function request() counter = counter + 1
return wrk.format("GET", "/bench/o" .. counter % 1000) end""", options.seconds)
        print(f"S3 1 KB: put {put:,.0f}/s, get {get:,.0f}/s (goal 10,000 each)")
        if options.quick:
            return
        source = folder / "gigabyte"
        subprocess.run(["dd", "if=/dev/zero", f"of={source}", "bs=1M", "count=1024"], check=True, capture_output=True)
        disk = timed(["dd", f"if={source}", f"of={folder}/copy", "bs=1M"])
        up = timed(["curl", "-sf", "-H", "Expect:", "-T", str(source), url + "/gigabyte"])
        down = timed(["curl", "-sf", "-o", "/dev/null", url + "/gigabyte"])
        print(f"S3 1 GB: up {1024 / up:,.0f} MB/s, {disk / up:.0%} of dd (goal 60 %); down {1024 / down:,.0f} MB/s "
              f"(goal 500); {server.memory():.0f} MB (goal 100)")


def timed(command):
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("parts", nargs="*", default=[], help="tables, starts, million, objects; all without one")
    options = parser.parse_args()
    options.seconds = max(1, int(options.seconds))
    wanted = options.parts or ["starts", "tables", "objects"] + ([] if options.quick else ["million"])
    folder = root / ".build/bench-stores"
    for name in wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        {"starts": lambda: starts(folder), "tables": lambda: tables(folder, options),
         "million": lambda: million(folder, options), "objects": lambda: objects(folder, options)}[name]()
    shutil.rmtree(folder, ignore_errors=True)


main()

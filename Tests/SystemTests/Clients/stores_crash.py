"""What the stores promise under load and when the process is killed.

64 clients increment and transfer on items that overlap: the sum is exact and nobody waits for ever. Then the program is
killed with SIGKILL in the middle of writes, 50 times: every write that was answered is there, and the database is sound.
"""
import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import threading
import urllib.parse

from harness import PROGRAM, run

CLIENTS, ROUNDS, COUNTERS, KILLS = 64, 40, 6, 50
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host, Signature=b",
    "X-Amz-Date": "20260101T000000Z", "Content-Type": "application/x-amz-json-1.0"}


class Stores:
    """`martlet start` with no functions, on a folder that outlives it."""

    def __init__(self, folder):
        template = os.path.join(folder, "template.json")
        with open(template, "w") as file:
            file.write('{"Resources": {"Objects": {"Type": "AWS::S3::Bucket"}}}')
        self.process = subprocess.Popen(
            [PROGRAM, "start", "--json", "--port", "0", "--service-port", "0", "--template", template,
             "--dir", os.path.join(folder, "state")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        assert line, "the emulator did not start"
        self.url = urllib.parse.urlsplit(json.loads(line)["services"])

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(20)
        self.process.stdout.close()

    def client(self):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)

        def call(operation, body):
            connection.request("POST", "/", json.dumps(body),
                               {**SIGNED, "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        return call


def make_table(call):
    status, answer = call("CreateTable", {
        "TableName": "items", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]})
    assert status == 200, answer


def key(number):
    return {"pk": {"S": f"c{number}"}}


def change(number, sign, limit=None):
    values = {":one": {"N": "1"}}
    request = {"TableName": "items", "Key": key(number), "UpdateExpression": f"SET n = n {sign} :one"}
    if limit is not None:
        request["ConditionExpression"] = "n < :limit"
        values[":limit"] = {"N": str(limit)}
    return {**request, "ExpressionAttributeValues": values}


def test_overlapping_writers_lose_nothing():
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(folder)
        try:
            call = stores.client()
            make_table(call)
            for number in range(COUNTERS):
                status, answer = call("PutItem", {"TableName": "items", "Item": {**key(number), "n": {"N": "0"}}})
                assert status == 200, answer
            added, lock, problems = [0], threading.Lock(), []

            def work(seed):
                chance, own, mine = random.Random(seed), stores.client(), 0
                try:
                    for _ in range(ROUNDS):
                        first, second = chance.sample(range(COUNTERS), 2)
                        if chance.random() < 0.5:
                            status, answer = own("UpdateItem", change(first, "+", limit=chance.choice([200, 10**9])))
                            if status == 200:
                                mine += 1
                            else:
                                assert answer["__type"].endswith("#ConditionalCheckFailedException"), answer
                        else:
                            status, answer = own("TransactWriteItems", {"TransactItems": [
                                {"Update": change(first, "-")}, {"Update": change(second, "+")}]})
                            assert status == 200, answer
                except Exception as problem:
                    problems.append(f"seed {seed}: {problem!r}")
                with lock:
                    added[0] += mine

            threads = [threading.Thread(target=work, args=(seed,)) for seed in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
            assert not any(thread.is_alive() for thread in threads), "a client waits for ever"
            assert not problems, problems[:3]
            items = [call("GetItem", {"TableName": "items", "Key": key(n), "ConsistentRead": True})[1]["Item"]
                     for n in range(COUNTERS)]
            total = sum(int(item["n"]["N"]) for item in items)
            assert total == added[0], f"{total} in the table, {added[0]} were answered"
        finally:
            stores.end(signal.SIGTERM)


def test_no_answered_write_is_lost_by_a_kill():
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    print(f"        seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        answered = {}
        for number in range(KILLS):
            stores = Stores(folder)
            try:
                call = stores.client()
                if number == 0:
                    make_table(call)
                for name, value in answered.items():
                    item = call("GetItem", {"TableName": "items", "Key": {"pk": {"S": name}}})[1].get("Item")
                    assert item and int(item["n"]["N"]) >= value, f"seed {seed}: {name} is {item}, answered {value}"
                written = write_until_killed(stores, number, chance.uniform(0.01, 0.12))
            finally:
                if stores.process.poll() is None:
                    stores.end(signal.SIGKILL)
            answered = written
        with sqlite3.connect(os.path.join(folder, "state", "state.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def write_until_killed(stores, round, seconds):
    """The last value of each writer's item that was answered."""
    answered, ready = {}, threading.Barrier(5)

    def work(name):
        call, value = stores.client(), 0
        try:
            ready.wait()
            while True:
                value += 1
                put = {"TableName": "items", "Item": {"pk": {"S": name}, "n": {"N": str(value)}}}
                status, _ = call("TransactWriteItems", {"TransactItems": [{"Put": put}]}) if value % 5 == 0 \
                    else call("PutItem", put)
                if status == 200:
                    answered[name] = value
        except (OSError, http.client.HTTPException, ValueError):
            pass

    threads = [threading.Thread(target=work, args=(f"r{round}-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    ready.wait()
    timer = threading.Event()
    timer.wait(seconds)
    stores.end(signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    return answered


run(globals())

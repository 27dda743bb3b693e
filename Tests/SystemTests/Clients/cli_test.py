"""The AWS CLI drives some operations of each service, and the command of the greeting works as it stands there."""
import base64
import json
import os
import re
import signal
import subprocess
import tempfile
import time

from harness import PROGRAM, run

here = os.path.dirname(os.path.abspath(__file__))
bin = os.path.join(os.environ["MARTLET_PROJECT"], ".build", "awscli", "bin")
place = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
plain |= {"PATH": bin + ":" + os.environ["PATH"], "HOME": place.name}

started = subprocess.Popen(
    [PROGRAM, "start", "--template", os.path.join(here, "stores-template.json"), "--state", ":memory:", "--port", "0",
     "--service-port", "0", "--check-signatures"], stdout=subprocess.PIPE, text=True, env=plain)
greeting = ""
while "Ctrl-C ends it." not in greeting:
    line = started.stdout.readline()
    assert line, "the emulator did not start: " + greeting
    greeting += line
services = re.search(r"services +(http://\S+)", greeting)[1]
keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": services}


def aws(*words, fails=None):
    done = subprocess.run(["aws", *words], capture_output=True, text=True, env=plain | keys, timeout=60, cwd=place.name)
    if fails:
        assert done.returncode != 0 and fails in done.stderr, (words, done)
        return done.stderr
    assert done.returncode == 0, (words, done)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return done.stdout


def test_the_greeting():
    command = greeting[greeting.index("AWS_ACCESS_KEY_ID"):].split("\n\n")[0]
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=plain, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)["TableNames"] == ["notes"], (command, done)


def test_s3():
    with open(os.path.join(place.name, "big"), "wb") as file:
        file.write(os.urandom(20 << 20))
    os.mkdir(os.path.join(place.name, "site"))
    for name in ["index.html", "食 べ+る.txt"]:
        with open(os.path.join(place.name, "site", name), "w") as file:
            file.write(name)
    aws("s3", "mb", "s3://cli")
    aws("s3", "cp", "big", "s3://cli/big")  # in parts
    aws("s3", "cp", "s3://cli/big", "back")
    with open(os.path.join(place.name, "big"), "rb") as one, open(os.path.join(place.name, "back"), "rb") as other:
        assert one.read() == other.read()
    aws("s3", "sync", "site", "s3://cli/site")
    assert aws("s3", "sync", "site", "s3://cli/site") == ""
    assert "食 べ+る.txt" in aws("s3", "ls", "s3://cli/site/")
    assert aws("s3api", "head-object", "--bucket", "cli", "--key", "site/index.html")["ContentType"] == "text/html"
    assert len(aws("s3api", "list-objects-v2", "--bucket", "cli", "--page-size", "1")["Contents"]) == 3
    aws("s3", "mv", "s3://cli/site/index.html", "s3://cli/site/home.html")
    url = aws("s3", "presign", "s3://cli/site/home.html").strip()
    assert subprocess.run(["curl", "-sf", url], capture_output=True, text=True).stdout == "index.html"
    aws("s3api", "get-object", "--bucket", "cli", "--key", "none", "x", fails="NoSuchKey")
    aws("s3", "rb", "s3://cli", "--force")
    aws("s3", "ls", "s3://cli", fails="NoSuchBucket")


def test_dynamodb():
    aws("dynamodb", "put-item", "--table-name", "notes", "--item", '{"id":{"S":"a"},"n":{"N":"1"}}')
    aws("dynamodb", "update-item", "--table-name", "notes", "--key", '{"id":{"S":"a"}}', "--update-expression",
        "ADD n :one", "--expression-attribute-values", '{":one":{"N":"1"}}')
    assert aws("dynamodb", "scan", "--table-name", "notes")["Items"] == [{"id": {"S": "a"}, "n": {"N": "2"}}]
    aws("dynamodb", "put-item", "--table-name", "notes", "--item", '{"id":{"S":"a"}}', "--condition-expression",
        "attribute_not_exists(id)", fails="ConditionalCheckFailedException")
    aws("dynamodb", "wait", "table-exists", "--table-name", "notes")


def test_secretsmanager():
    assert aws("secretsmanager", "get-secret-value", "--secret-id", "notes/key")["SecretString"] == "first"
    aws("secretsmanager", "create-secret", "--name", "cli", "--secret-string", "x")
    assert "cli" in [s["Name"] for s in aws("secretsmanager", "list-secrets")["SecretList"]]
    aws("secretsmanager", "get-secret-value", "--secret-id", "none", fails="ResourceNotFoundException")


def test_kms():
    key = aws("kms", "create-key")["KeyMetadata"]["KeyId"]
    aws("kms", "create-alias", "--alias-name", "alias/cli", "--target-key-id", key)
    sealed = aws("kms", "encrypt", "--key-id", "alias/cli", "--plaintext", "secret")["CiphertextBlob"]
    with open(os.path.join(place.name, "sealed"), "wb") as file:
        file.write(base64.b64decode(sealed))
    opened = aws("kms", "decrypt", "--ciphertext-blob", "fileb://sealed")["Plaintext"]
    assert base64.b64decode(opened) == b"secret", opened
    aws("kms", "describe-key", "--key-id", "alias/none", fails="NotFoundException")


def test_ssm():
    aws("ssm", "put-parameter", "--name", "/cli/a", "--value", "1", "--type", "SecureString")
    found = aws("ssm", "get-parameters-by-path", "--path", "/cli", "--with-decryption")["Parameters"]
    assert [p["Value"] for p in found] == ["1"], found
    aws("ssm", "get-parameter", "--name", "/cli/none", fails="ParameterNotFound")


def test_sts():
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"


def test_sqs():
    # This service alone passes over AWS_ENDPOINT_URL in version 1 of the CLI.
    def sqs(*words, **options):
        return aws("--endpoint-url", services, "sqs", *words, **options)
    url = sqs("create-queue", "--queue-name", "cli")["QueueUrl"]
    sqs("send-message", "--queue-url", url, "--message-body", "hello")
    got = sqs("receive-message", "--queue-url", url)["Messages"][0]
    assert got["Body"] == "hello"
    sqs("delete-message", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"])
    sqs("get-queue-url", "--queue-name", "none", fails="NonExistentQueue")


def test_events():
    aws("events", "put-rule", "--name", "cli", "--event-pattern", '{"source":["cli"]}')
    assert "cli" in [r["Name"] for r in aws("events", "list-rules")["Rules"]]
    entry = '[{"Source":"cli","DetailType":"t","Detail":"{}"}]'
    assert aws("events", "put-events", "--entries", entry)["FailedEntryCount"] == 0


def test_logs():
    aws("logs", "create-log-group", "--log-group-name", "/cli")
    aws("logs", "create-log-stream", "--log-group-name", "/cli", "--log-stream-name", "one")
    now = str(int(time.time() * 1000))
    aws("logs", "put-log-events", "--log-group-name", "/cli", "--log-stream-name", "one", "--log-events",
        f"timestamp={now},message=hello")
    found = aws("logs", "filter-log-events", "--log-group-name", "/cli", "--filter-pattern", "hello")["events"]
    assert [e["message"] for e in found] == ["hello"], found
    aws("logs", "create-log-group", "--log-group-name", "/cli", fails="ResourceAlreadyExistsException")


def test_wrong_keys():
    keys["AWS_SECRET_ACCESS_KEY"] = "guess"
    try:
        aws("dynamodb", "list-tables", fails="InvalidSignatureException")
        aws("s3api", "list-buckets", fails="SignatureDoesNotMatch")
        keys["AWS_ACCESS_KEY_ID"] = "nobody"
        aws("secretsmanager", "list-secrets", fails="UnrecognizedClientException")
    finally:
        keys["AWS_ACCESS_KEY_ID"] = keys["AWS_SECRET_ACCESS_KEY"] = "test"


try:
    run(globals())
finally:
    started.send_signal(signal.SIGTERM)
    started.wait(10)

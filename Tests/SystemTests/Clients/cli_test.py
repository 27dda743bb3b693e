"""The AWS CLI drives some operations of each service, and the command of the greeting works as it stands there."""
import json
import os
import re
import signal
import subprocess
import tempfile

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

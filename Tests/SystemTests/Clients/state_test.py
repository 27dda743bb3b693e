"""`martlet state` and `martlet start --seed`, as a user types them: what is kept survives a journey, and nothing half."""
import json
import os
import subprocess
import tempfile

import boto3

from harness import Emulator, PROGRAM, READY, run

here = os.path.dirname(os.path.abspath(__file__))
template = os.path.join(here, "stores-template.json")
place = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
state, other, export = (os.path.join(place.name, name) for name in ["state", "other", "export"])
big = os.urandom(300_000)


def martlet(*arguments):
    return subprocess.run([PROGRAM, "state", *arguments, "--template", template], capture_output=True, text=True,
                          timeout=60)


def client(name):
    return boto3.client(name, endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test")


def seed(files):
    folder = tempfile.mkdtemp(dir=place.name)
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return folder


def contents():
    """All that the services say of what they keep."""
    s3, dynamodb = client("s3"), client("dynamodb")
    found = {"items": sorted(dynamodb.scan(TableName="notes")["Items"], key=str)}
    for bucket in s3.list_buckets()["Buckets"]:
        for version in s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", []):
            got = s3.get_object(Bucket=bucket["Name"], Key=version["Key"], VersionId=version["VersionId"])
            found[bucket["Name"], version["Key"], version["VersionId"]] = got["Body"].read(), got["Metadata"]
    found["secret"] = client("secretsmanager").get_secret_value(SecretId="notes/key")["SecretString"]
    return found


seeded = seed({
    "tables/notes.jsonl": '{"id":{"S":"a"},"n":{"N":"1"}}\n\n{"id":{"S":"b"},"l":{"L":[{"BOOL":true}]}}\n',
    "tables/more.table.json": json.dumps({
        "TableName": "more", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}]}),
    "tables/more.json": json.dumps({"Items": [{"k": {"N": str(n)}} for n in range(150)], "Count": 150}),
    "buckets/files/pages/a b.html": "<p>", "buckets/extra/big.bin": big,
    "secrets.json": json.dumps({"notes/key": "seeded", "other": {"user": "u"}}),
})


def test_seed():
    with Emulator(state, "--template", template, "--seed", seeded) as emulator:
        dynamodb, s3 = client("dynamodb"), client("s3")
        assert dynamodb.get_item(TableName="notes", Key={"id": {"S": "b"}})["Item"]["l"] == {"L": [{"BOOL": True}]}
        assert dynamodb.scan(TableName="more", Select="COUNT")["Count"] == 150
        page = s3.get_object(Bucket="files", Key="pages/a b.html")
        assert page["Body"].read() == b"<p>" and page["ContentType"] == "text/html", page
        assert s3.get_object(Bucket="extra", Key="big.bin")["Body"].read() == big
        secrets = client("secretsmanager")
        assert secrets.get_secret_value(SecretId="notes/key")["SecretString"] == "seeded"
        assert json.loads(secrets.get_secret_value(SecretId="other")["SecretString"]) == {"user": "u"}
        dynamodb.put_item(TableName="notes", Item={"id": {"S": "a"}, "n": {"N": "2"}})
        s3.put_bucket_versioning(Bucket="extra", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="extra", Key="big.bin", Body=b"newer", Metadata={"a": "1"})
    assert any("152 items, 2 objects and 2 secrets new" in line for line in emulator.log), emulator.log


def test_seed_again_changes_nothing():
    with Emulator(state, "--template", template, "--seed", seeded) as emulator:
        found = client("dynamodb").get_item(TableName="notes", Key={"id": {"S": "a"}})["Item"]["n"]
        assert found == {"N": "2"}, found
        assert client("s3").get_object(Bucket="extra", Key="big.bin")["Body"].read() == b"newer"
    assert any("0 items, 0 objects and 0 secrets new" in line for line in emulator.log), emulator.log


def test_broken_seeds_name_file_and_line():
    for files, text in [({"tables/notes.jsonl": '{"id":{"S":"x"}}\n{"id":\n'}, "notes.jsonl, line 2"),
                        ({"tables/notes.jsonl": '{"id":{"N":"1"}}\n'}, "notes.jsonl, item 1"),
                        ({"tables/absent.jsonl": '{"id":{"S":"x"}}\n'}, "there is no table absent"),
                        ({"buckets/Bad_Name/k": "x"}, "Bad_Name"), ({"secrets.json": "[]"}, "secrets.json")]:
        done = subprocess.run([PROGRAM, "start", "--template", template, "--state", ":memory:", "--port", "0",
                               "--service-port", "0", "--seed", seed(files)], capture_output=True, text=True, timeout=30)
        assert done.returncode != 0 and text in done.stderr, done


def test_round_trip_also_while_it_runs():
    with Emulator(state, "--template", template):
        before = contents()
        assert len(before) == 5, before.keys()
        done = martlet("export", export, "--dir", state)
        assert done.returncode == 0, done
        for action in [["reset"], ["import", export]]:
            done = martlet(*action, "--dir", state)
            assert done.returncode == 2 and "is in use by another martlet start" in done.stderr, done
        assert martlet("check", "--dir", state).returncode == 0
        assert contents() == before
    done = martlet("import", export, "--dir", other)
    assert done.returncode == 0, done
    with Emulator(other, "--template", template):
        assert contents() == before
        client("dynamodb").put_item(TableName="more", Item={"k": {"N": "1000"}})
    assert "not empty" in martlet("export", export, "--dir", state).stderr
    assert "there is a state" in martlet("import", export, "--dir", other).stderr


def test_broken_exports_leave_nothing():
    with open(os.path.join(export, "state.jsonl")) as file:
        lines = file.readlines()
    fresh = os.path.join(place.name, "fresh")
    objects = os.listdir(os.path.join(export, "objects"))
    for changed, text in [(lines[:-1], "its end is missing"), (lines[:5] + lines[6:], "is no whole export"),
                          (["{}\n"], "does not begin as one"), (lines[:1] + ["[1]\n"] + lines[1:], "line 2"),
                          (lines[:1] + ['{"table":"x","sql":"CREATE TRIGGER t","columns":["a"]}\n'], "line 2")]:
        files = {f"objects/{name}": open(os.path.join(export, "objects", name), "rb").read() for name in objects}
        done = martlet("import", seed(files | {"state.jsonl": "".join(changed)}), "--dir", fresh)
        assert done.returncode != 0 and text in done.stderr, (text, done)
    done = martlet("import", seed({"state.jsonl": "".join(lines)}), "--dir", fresh)
    assert done.returncode != 0 and "is missing" in done.stderr, done
    done = martlet("import", export, "--dir", fresh)
    assert done.returncode == 0, done


def test_check_finds_damage():
    objects = os.path.join(other, "objects")
    name = os.path.join(objects, os.listdir(objects)[0])
    with open(name, "ab") as file:
        file.write(b"x")
    done = martlet("check", "--dir", other)
    assert done.returncode == 1 and "300001 bytes instead of 300000" in done.stderr, done
    os.remove(name)
    done = martlet("check", "--dir", other)
    assert done.returncode == 1 and "is missing" in done.stderr and "extra/big.bin" in done.stderr, done
    assert martlet("check", "--dir", os.path.join(place.name, "none")).returncode == 2


def test_reset():
    assert martlet("reset", "--dir", state).returncode == 0
    assert not [n for n in os.listdir(state) if n.startswith("state.sqlite")] and not os.listdir(os.path.join(state, "objects"))
    assert martlet("reset", "--dir", state).returncode == 0
    with Emulator(state, "--template", template):
        assert client("dynamodb").scan(TableName="notes")["Count"] == 0


run(globals())

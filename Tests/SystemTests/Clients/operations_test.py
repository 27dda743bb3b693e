"""Holds docs/services.md against the services' own models and the running emulator: every operation stands in
exactly one row, what is refused is refused by name, and what is played is known.
"""
import json
import os
import re
import urllib.error
import urllib.request

import boto3
import botocore.loaders
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import READY, run

loader = botocore.loaders.Loader()
# Heading: models, prefix of the target, what a refusal is called.
SERVICES = {
    "DynamoDB": (("dynamodb", "dynamodbstreams"), "DynamoDB_20120810.", "UnknownOperationException"),
    "Secrets Manager": (("secretsmanager",), "secretsmanager.", "NotImplementedException"),
    "KMS": (("kms",), "TrentService.", "NotImplementedException"),
    "SSM Parameter Store": (("ssm",), "AmazonSSM.", "NotImplementedException"),
    "SQS": (("sqs",), "AmazonSQS.", "NotImplementedException"),
    "EventBridge": (("events",), "AWSEvents.", "NotImplementedException"),
    "CloudWatch Logs": (("logs",), "Logs_20140328.", "NotImplementedException"),
    "STS": (("sts",), None, "NotImplementedException"),
    "S3": (("s3",), None, "NotImplemented"),
}


def operations(models):
    return {name: model for model in models for name in loader.load_service_model(model, "service-2")["operations"]}


def rows(heading):
    """(operations, what is said of them) of each row of a section's table."""
    with open(os.path.join(os.environ["MARTLET_PROJECT"], "docs/services.md")) as file:
        section = re.split(r"^## ", file.read(), flags=re.M)
    text = next(s for s in section if s.startswith(heading + "\n"))
    for line in text.splitlines():
        cells = re.match(r"\| ([A-Z].*?) \| (.*) \|$", line)
        if cells:
            yield [name.strip() for name in cells[1].split(",")], cells[2]


def test_every_operation_stands_in_one_row():
    for heading, (models, _, _) in SERVICES.items():
        known, seen = operations(models), {}
        for names, text in rows(heading):
            assert re.match(r"(complete|partial|refused)\b", text), f"{heading}: {names[0]}: {text}"
            for name in names:
                assert name in known, f"{heading} has no operation {name}"
                assert name not in seen, f"{heading}: {name} stands twice"
                seen[name] = text
        missing = sorted(set(known) - set(seen))
        assert not missing, f"{heading}: not in docs/services.md: {', '.join(missing)}"


def code_of(prefix, operation, model):
    """The error of an empty request, raw; "" for a success."""
    request = urllib.request.Request(READY["services"], data=b"{}", method="POST")
    if model == "dynamodbstreams":
        prefix = "DynamoDBStreams_20120810."
    request.add_header("X-Amz-Target", prefix + operation)
    request.add_header("Content-Type", "application/x-amz-json-1.0")
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/"
                       f"{'dynamodb' if model == 'dynamodbstreams' else model}/aws4_request, SignedHeaders=host, Signature=0")
    request.add_header("X-Amz-Date", "20240101T000000Z")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return ""
    except urllib.error.HTTPError as answer:
        return json.loads(answer.read()).get("__type", "").rsplit("#")[-1]


def minimal(shape):
    """The least that a client lets through for a shape."""
    if shape.type_name == "structure" and getattr(shape, "is_tagged_union", False):
        name = next(iter(shape.members))
        return {name: minimal(shape.members[name])}
    if shape.type_name == "structure":
        return {n: minimal(shape.members[n]) for n in shape.required_members}
    if shape.type_name == "list":
        return [minimal(shape.member)] if shape.metadata.get("min") else []
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        if shape.enum:
            return shape.enum[0]
        return "x" * max(1, shape.metadata.get("min", 1))
    return {"integer": 1, "long": 1, "boolean": True, "blob": b"x", "timestamp": 0, "double": 1.0, "float": 1.0}[shape.type_name]


def call(model, operation):
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, inject_host_prefix=False)
    client = boto3.client(model, endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test", config=config)
    method = next(m for m, o in client.meta.method_to_api_mapping.items() if o == operation)
    shape = client.meta.service_model.operation_model(operation).input_shape
    try:
        getattr(client, method)(**(minimal(shape) if shape else {}))
        return ""
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # What goes to other services than S3 (s3express, s3-object-lambda) is refused by the endpoint.
        return "NotImplemented" if model == "s3" and code in ("501", "400", "UnknownServiceException") else code


def test_the_emulator_does_what_the_tables_say():
    wrong = []
    for heading, (models, prefix, refusal) in SERVICES.items():
        known = operations(models)
        for names, text in rows(heading):
            for name in names:
                code = code_of(prefix, name, known[name]) if prefix else call(known[name], name)
                if (code == refusal) != text.startswith("refused"):
                    wrong.append(f"{heading}: {name} is said to be {text.split()[0]}, and answers {code or 'a success'}")
    assert not wrong, "\n".join(wrong)


def test_what_nobody_knows():
    for heading, (models, prefix, _) in SERVICES.items():
        if prefix:
            code = code_of(prefix, "MakeTea", models[0])
            assert code == "UnknownOperationException", f"{heading}: {code}"


if __name__ == "__main__":
    run(globals())

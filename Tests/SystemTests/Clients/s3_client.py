"""What the clients of S3 share: an emulator of their own that checks signatures, and boto3 against it."""
import os
import tempfile
import urllib.error
import urllib.request

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

from harness import Emulator, READY, run

folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
template = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stores-template.json")
emulator = Emulator(folder.name, "--template", template, "--check-signatures",
                    AWS_ACCESS_KEY_ID="AKIDTEST", AWS_SECRET_ACCESS_KEY="secret", AWS_SESSION_TOKEN="")
emulator.__enter__()


def client(key="AKIDTEST", secret="secret", region="us-east-1", **config):
    return boto3.client("s3", endpoint_url=READY["services"], region_name=region, aws_access_key_id=key,
                        aws_secret_access_key=secret,
                        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config))


s3 = client()
names = iter(f"bucket-{number}" for number in range(1000))


def bucket(**options):
    name = next(names)
    s3.create_bucket(Bucket=name, **options)
    return name


def refused(call, code, status=None):
    try:
        call()
    except ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found[0] == code and status in (None, found[1]), (found, code, status)
        return error.response
    raise AssertionError(f"not refused; expected {code}")


def http(url, method="GET", data=None, headers=None):
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def put(name, *keys, body=b"x"):
    return [s3.put_object(Bucket=name, Key=key, Body=body) for key in keys]


def run_and_end(names):
    try:
        run(names)
    finally:
        emulator.stop()

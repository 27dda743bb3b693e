"""What leads to functions besides their APIs: queues, rules, rotation. The function of this test is a script that
writes down every event and answers as the messages in it say.
"""
import json
import os
import re
import subprocess
import tempfile
import uuid

import boto3

from harness import Emulator, PROGRAM, READY, run, wait_until

FUNCTION = r'''#!/usr/bin/env python3
import json, os, sys, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as answer:
        id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(answer.read())
    with open(os.environ["EVENTS"], "a") as file:
        file.write(json.dumps(event) + "\n")
    print("seen", json.dumps(event), flush=True)
    if "Step" in event:
        def call(operation, **body):
            request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(), {
                "X-Amz-Target": "secretsmanager." + operation, "Authorization":
                "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0"})
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())
        secret, token = event["SecretId"], event["ClientRequestToken"]
        if event["Step"] == "createSecret":
            call("PutSecretValue", SecretId=secret, ClientRequestToken=token, SecretString="rotated", VersionStages=["AWSPENDING"])
        if event["Step"] == "finishSecret":
            old = next(v for v, s in call("DescribeSecret", SecretId=secret)["VersionIdsToStages"].items() if "AWSCURRENT" in s)
            call("UpdateSecretVersionStage", SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=old)
    bodies = [r.get("body", "") for r in event.get("Records", [])]
    failures = [{"itemIdentifier": r["messageId"]} for r in event.get("Records", []) if r["body"].startswith("fail")]
    if "boom" in bodies:
        end, body = "/error", {"errorMessage": "boom", "errorType": "Boom"}
    else:
        end, body = "/response", {"batchItemFailures": failures}
    urllib.request.urlopen(urllib.request.Request(api + id + end, json.dumps(body).encode())).read()
'''


def source(queue, **more):
    return {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": [queue, "Arn"]}, **more}}


def queue(**properties):
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 1, **properties}}


def template(events):
    dead = {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}}
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
        "Dead": queue(), "Work": queue(**dead), "Line": queue(FifoQueue=True, QueueName="line.fifo", ContentBasedDeduplication=True),
        "Chosen": queue(), "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "shop"}},
        "Seen": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/seen", "RetentionInDays": 7}},
        "ToLog": {"Type": "AWS::Events::Rule", "Properties": {
            "EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["orders"]},
            "Targets": [{"Id": "log", "Arn": {"Fn::GetAtt": ["Seen", "Arn"]}}]}},
        "Worker": {"Type": "AWS::Serverless::Function", "Properties": {
            "FunctionName": "worker", "Runtime": "provided.al2023", "Handler": "worker", "CodeUri": "code", "Timeout": 30,
            "Environment": {"Variables": {"EVENTS": events}},
            "Events": {
                "Work": source("Work", BatchSize=5, FunctionResponseTypes=["ReportBatchItemFailures"]),
                "Line": source("Line", BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]),
                "Chosen": source("Chosen", FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["good"]}}'}]}),
                "Shop": {"Type": "EventBridgeRule", "Properties": {
                    "EventBusName": {"Ref": "Bus"}, "Pattern": {"detail": {"total": [{"numeric": [">", 10]}]}},
                    "InputPath": "$.detail"}},
                "Often": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)", "Name": "often", "Enabled": False}}}}}}}


class Stack:
    """A project of its own, and clients for it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="martlet-sources.")
        path = self.folder.name
        os.mkdir(path + "/code")
        with open(path + "/code/bootstrap", "w") as file:
            file.write(FUNCTION)
        os.chmod(path + "/code/bootstrap", 0o755)
        self.events_file, self.template = path + "/events", path + "/template.json"
        with open(self.template, "w") as file:
            json.dump(template(self.events_file), file)
        self.emulator = Emulator(path + "/state", "--template", self.template)
        at = self.emulator.command.index("--build")
        del self.emulator.command[at:at + 2]
        self.emulator.__enter__()
        options = dict(endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.sqs, self.events = boto3.client("sqs", **options), boto3.client("events", **options)
        self.secrets, self.logs = boto3.client("secretsmanager", **options), boto3.client("logs", **options)
        return self

    def __exit__(self, *_):
        self.emulator.stop()
        self.folder.cleanup()

    def seen(self):
        if not os.path.exists(self.events_file):
            return []
        with open(self.events_file) as file:
            return [json.loads(line) for line in file]

    def bodies(self):
        return [record["body"] for event in self.seen() for record in event.get("Records", [])]

    def url(self, name):
        return self.sqs.list_queues(QueueNamePrefix=name)["QueueUrls"][0]

    def left(self, url):
        counts = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(int(v) for k, v in counts.items() if k.startswith("ApproximateNumberOf"))


def check_queues(stack):
    work, dead = stack.url("Work"), stack.url("Dead")
    for body in ["one", "fail two", "three"]:
        stack.sqs.send_message(QueueUrl=work, MessageBody=body, MessageAttributes={"n": {"DataType": "Number", "StringValue": "7"}})
    # What was reported comes again until it is dead; the rest does not.
    wait_until(lambda: stack.left(dead) == 1, 30, "the dead letter")
    assert sorted(stack.bodies()) == ["fail two", "fail two", "one", "three"], stack.bodies()
    record = next(e for e in stack.seen() if "Records" in e)["Records"][0]
    assert record["eventSource"] == "aws:sqs" and record["messageAttributes"]["n"]["stringValue"] == "7", record
    assert record["eventSourceARN"].endswith(":" + work.rsplit("/")[-1]) and record["awsRegion"] == "us-east-1", record
    stack.sqs.send_message(QueueUrl=work, MessageBody="boom")
    wait_until(lambda: stack.left(dead) == 2 and stack.left(work) == 0, 30, "the second dead letter")


def check_groups(stack):
    line = stack.url("line.fifo")
    for number in range(6):
        stack.sqs.send_message(QueueUrl=line, MessageBody=f"line {number}", MessageGroupId="g")
    wait_until(lambda: stack.left(line) == 0, 30, "an empty queue")
    assert [b for b in stack.bodies() if b.startswith("line")] == [f"line {n}" for n in range(6)]


def check_filters(stack):
    chosen = stack.url("Chosen")
    for kind in ["bad", "good"]:
        stack.sqs.send_message(QueueUrl=chosen, MessageBody=json.dumps({"kind": kind}))
    wait_until(lambda: stack.left(chosen) == 0, 30, "an empty queue")
    assert [b for b in stack.bodies() if "kind" in b] == ['{"kind": "good"}']


def check_rules(stack):
    entry = lambda total: {"Source": "orders", "DetailType": "order", "Detail": json.dumps({"total": total}), "EventBusName": "shop"}
    stack.events.put_events(Entries=[entry(5), entry(11)])
    wait_until(lambda: {"total": 11} in stack.seen(), 30, "the event")
    assert {"total": 5} not in stack.seen()
    lines = [json.loads(e["message"])["detail"] for e in stack.logs.filter_log_events(logGroupName="/seen")["events"]]
    assert lines == [{"total": 5}, {"total": 11}], lines
    rule = next(r for r in stack.events.list_rules()["Rules"] if r["Name"] == "often")
    assert rule["ScheduleExpression"] == "rate(1 minute)" and rule["State"] == "DISABLED", rule
    assert stack.logs.describe_log_groups(logGroupNamePrefix="/seen")["logGroups"][0]["retentionInDays"] == 7


def check_rotation(stack):
    secret = stack.secrets.create_secret(Name=f"r-{uuid.uuid4()}", SecretString="old")["ARN"]
    answer = stack.secrets.rotate_secret(SecretId=secret, RotationRules={"AutomaticallyAfterDays": 1},
                                         RotationLambdaARN="arn:aws:lambda:us-east-1:000000000000:function:worker")
    got = stack.secrets.get_secret_value(SecretId=secret)
    assert got["SecretString"] == "rotated" and got["VersionId"] == answer["VersionId"], got
    shown = stack.secrets.describe_secret(SecretId=secret)
    assert shown["RotationEnabled"] and "LastRotatedDate" in shown and "NextRotationDate" in shown, shown
    steps = [e["Step"] for e in stack.seen() if "Step" in e]
    assert steps == ["createSecret", "setSecret", "testSecret", "finishSecret"], steps
    stack.secrets.cancel_rotate_secret(SecretId=secret)
    assert not stack.secrets.describe_secret(SecretId=secret)["RotationEnabled"]


def check_logs(stack):
    command = [PROGRAM, "logs", "worker", "--template", stack.template, "--dir", stack.folder.name + "/state"]
    shown = lambda *more: subprocess.run(command + list(more), check=True, capture_output=True, text=True).stdout.splitlines()
    wait_until(lambda: any("REPORT RequestId:" in line for line in shown()), what="a REPORT line")
    lines = shown("--filter", 'seen "line 0"')
    assert lines and all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z seen ", line) for line in lines), lines
    assert len(shown("--lines", "3")) == 3
    with subprocess.Popen(command + ["--follow", "--lines", "0", "--filter", "later"], stdout=subprocess.PIPE, text=True) as tail:
        try:
            stack.events.put_events(Entries=[{"Source": "x", "DetailType": "y", "EventBusName": "shop",
                                              "Detail": json.dumps({"total": 99, "note": "later"})}])
            assert "later" in tail.stdout.readline()
        finally:
            tail.terminate()
    wrong = subprocess.run(command[:2] + ["nobody"] + command[3:], capture_output=True, text=True)
    assert wrong.returncode == 2 and "unknown function 'nobody'" in wrong.stderr, wrong
    wrong = subprocess.run(command + ["--filter", "{ $.a = "], capture_output=True, text=True)
    assert wrong.returncode == 2 and "is no filter pattern" in wrong.stderr, wrong


def test_sources():
    with Stack() as stack:
        for check in [check_queues, check_groups, check_filters, check_rules, check_rotation, check_logs]:
            check(stack)


run(globals())

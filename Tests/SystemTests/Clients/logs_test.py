"""boto3 against CloudWatch Logs, and the lines of the functions in it."""
import json
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import READY, run, wait_until, http

options = dict(endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
               aws_secret_access_key="test")
logs = boto3.client("logs", **options)


def refused(call, code, message=None, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code and message in (None, got["Message"]), got
        return
    raise AssertionError(f"not refused with {code}")


def filled(*messages):
    group = f"/test/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000) - len(messages)
    logs.put_log_events(logGroupName=group, logStreamName="s",
                        logEvents=[{"timestamp": now + n, "message": m} for n, m in enumerate(messages)])
    return group


def test_groups_and_streams():
    group = filled("a", "b")
    refused(logs.create_log_group, "ResourceAlreadyExistsException", "The specified log group already exists", logGroupName=group)
    refused(logs.create_log_stream, "ResourceAlreadyExistsException", "The specified log stream already exists",
            logGroupName=group, logStreamName="s")
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    shown = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert shown["retentionInDays"] == 7 and shown["arn"].endswith(f"log-group:{group}:*") and shown["storedBytes"] == 54, shown
    refused(logs.put_retention_policy, "InvalidParameterException", logGroupName=group, retentionInDays=2)
    logs.delete_retention_policy(logGroupName=group)
    logs.tag_log_group(logGroupName=group, tags={"a": "1", "b": "2"})
    logs.untag_log_group(logGroupName=group, tags=["a"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"b": "2"}
    stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]
    assert stream["lastEventTimestamp"] - stream["firstEventTimestamp"] == 1, stream
    refused(logs.describe_log_streams, "InvalidParameterException",
            "Cannot order by LastEventTime with a logStreamNamePrefix.", logGroupName=group, orderBy="LastEventTime",
            logStreamNamePrefix="x")
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    refused(logs.get_log_events, "ResourceNotFoundException", "The specified log stream does not exist.",
            logGroupName=group, logStreamName="s")
    logs.delete_log_group(logGroupName=group)
    refused(logs.describe_log_streams, "ResourceNotFoundException", "The specified log group does not exist.", logGroupName=group)


def test_pages_in_both_directions():
    group = filled(*[f"m{n}" for n in range(25)])
    read = lambda **more: logs.get_log_events(logGroupName=group, logStreamName="s", limit=10, **more)
    text = lambda page: [e["message"] for e in page["events"]]
    newest = read()
    assert text(newest) == [f"m{n}" for n in range(15, 25)]
    older = read(nextToken=newest["nextBackwardToken"])
    assert text(older) == [f"m{n}" for n in range(5, 15)]
    assert text(read(nextToken=older["nextForwardToken"])) == text(newest)
    end = read(nextToken=newest["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == newest["nextForwardToken"]
    assert text(read(startFromHead=True)) == [f"m{n}" for n in range(10)]
    found = [e["message"] for page in logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 7}) for e in page["events"]]
    assert found == [f"m{n}" for n in range(25)]


def test_what_is_taken():
    group = filled("a")
    put = lambda *events: logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": int((time.time() + seconds) * 1000), "message": "m"} for seconds in events])
    refused(lambda: put(0, -5), "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.")
    assert put(-15 * 86400)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert put(0, 3 * 3600)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    refused(lambda: put(-25 * 3600, 0), "InvalidParameterException",
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")


def test_filter_patterns():
    lines = ["ERROR one", "WARN two", "ERROR two fine", json.dumps({"level": "ERROR", "user": {"id": 7}, "ok": True}),
             json.dumps({"level": "INFO", "latency": 12.5, "none": None}),
             '127.0.0.1 - ana [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534']
    group = filled(*lines)
    for pattern, expected in [("", [0, 1, 2, 3, 4, 5]), ("ERROR", [0, 2, 3]), ("ERROR two", [2]), ("?WARN ?fine", [1, 2]),
                              ("ERROR -fine", [0, 3]), ('"two fine"', [2]), ("%E?RROR o%", [0]),
                              ('{ $.level = "ERROR" }', [3]), ("{ $.user.id = 7 && $.ok IS TRUE }", [3]),
                              ("{ $.latency > 12 || $.user.id = 1 }", [4]), ("{ $.none IS NULL }", [4]),
                              ("{ $.level = E* }", [3]), ("{ $.latency NOT EXISTS }", [3]),
                              ("[ip, id, user, time, request, status_code = 4*, size > 1000]", [5]),
                              ("[ip, ..., size < 1000]", [])]:
        found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        assert [lines.index(e["message"]) for e in found] == expected, (pattern, found)
    refused(logs.filter_log_events, "InvalidParameterException", "Invalid filter pattern", logGroupName=group, filterPattern="{ $.a = ")
    matches = logs.test_metric_filter(filterPattern="ERROR", logEventMessages=lines)["matches"]
    assert [m["eventNumber"] for m in matches] == [1, 3, 4]
    refused(logs.start_query, "NotImplementedException", "martlet's CloudWatch Logs does not play the operation StartQuery.",
            logGroupName=group, startTime=0, endTime=1, queryString="fields @message")


def test_live_tail():
    group = filled("before")
    client = boto3.client("logs", config=Config(inject_host_prefix=False), **options)
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["logGroupArn"]
    stream = iter(client.start_live_tail(logGroupIdentifiers=[arn], logStreamNamePrefixes=["s"],
                                         logEventFilterPattern="?error ?warn")["responseStream"])
    start = next(stream)["sessionStart"]
    assert start["logGroupIdentifiers"] == [arn] and start["logEventFilterPattern"] == "?error ?warn", start
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": m} for m in ["an error", "all well", "a warning"]])
    got = []
    while not got:
        update = next(stream)["sessionUpdate"]
        assert update["sessionMetadata"] == {"sampled": False}
        got = update["sessionResults"]
    assert [e["message"] for e in got] == ["an error", "a warning"] and got[0]["logStreamName"] == "s", got
    refused(client.start_live_tail, "ResourceNotFoundException", "The specified log group does not exist.",
            logGroupIdentifiers=[arn + "x"])


def test_functions_write_here():
    assert http("/health")[0] == 200
    lines = lambda: [e["message"] for e in logs.filter_log_events(logGroupName="/aws/lambda/HealthFunction")["events"]]
    known = lambda: bool(logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/HealthFunction")["logGroups"])
    wait_until(lambda: known() and any(l.startswith("REPORT RequestId:") for l in lines()), what="the REPORT line")


run(globals())

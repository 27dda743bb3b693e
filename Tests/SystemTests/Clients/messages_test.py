"""boto3 against SQS and EventBridge, and the older query protocol of SQS by hand."""
import hashlib
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
from botocore.exceptions import ClientError

from harness import READY, run

options = dict(endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
               aws_secret_access_key="test")
sqs = boto3.client("sqs", **options)
events = boto3.client("events", **options)
ACCOUNT = "000000000000"
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"


def refused(call, code, message=None, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code, got
        assert message is None or got["Message"] == message, got
        return error.response
    raise AssertionError(f"not refused with {code}")


def queue(name=None, **attributes):
    name = name or f"q-{uuid.uuid4()}"
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def bodies(url, **arguments):
    return [m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **arguments).get("Messages", [])]


def test_queues():
    name = f"q-{uuid.uuid4()}"
    url = queue(name, VisibilityTimeout="45")
    assert url == f"{READY['services']}/{ACCOUNT}/{name}", url
    assert queue(name, VisibilityTimeout="45") == url == sqs.get_queue_url(QueueName=name)["QueueUrl"]
    refused(sqs.create_queue, "QueueAlreadyExists",
            "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
            QueueName=name, Attributes={"VisibilityTimeout": "46"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["QueueArn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}" and attributes["DelaySeconds"] == "1"
    assert attributes["VisibilityTimeout"] == "45" and attributes["MessageRetentionPeriod"] == "345600", attributes
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    refused(sqs.set_queue_attributes, "InvalidAttributeName", "Unknown Attribute Foo.", QueueUrl=url, Attributes={"Foo": "1"})
    refused(sqs.set_queue_attributes, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds.",
            QueueUrl=url, Attributes={"DelaySeconds": "901"})
    refused(sqs.create_queue, "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length", QueueName="a b")
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    assert url in sqs.list_queues(QueueNamePrefix="q-")["QueueUrls"]
    sqs.delete_queue(QueueUrl=url)
    refused(sqs.get_queue_url, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", QueueName=name)
    refused(sqs.send_message, "AWS.SimpleQueueService.NonExistentQueue", QueueUrl=url, MessageBody="x")


def test_messages():
    url = queue()
    attributes = {"kind": {"DataType": "String", "StringValue": "é"}, "n": {"DataType": "Number.int", "StringValue": "7"},
                  "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
    # botocore compares the digests of body and attributes with its own.
    sent = sqs.send_message(QueueUrl=url, MessageBody="héllo", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5("héllo".encode()).hexdigest()
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"][0]
    assert got["MessageId"] == sent["MessageId"] and got["MessageAttributes"] == attributes, got
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert got["Attributes"]["ApproximateReceiveCount"] == "1" and "SentTimestamp" in got["Attributes"]
    assert bodies(url) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)
    again = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["k*", "kind"], AttributeNames=["ApproximateReceiveCount"])
    assert again["Messages"][0]["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert list(again["Messages"][0]["MessageAttributes"]) == ["kind"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "1" and counts["ApproximateNumberOfMessages"] == "0", counts
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["Messages"][0]["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    refused(sqs.delete_message, "ReceiptHandleIsInvalid", 'The input receipt handle "x" is not a valid receipt handle.',
            QueueUrl=url, ReceiptHandle="x")
    refused(sqs.send_message, "InvalidMessageContents", QueueUrl=url, MessageBody="\x01")
    refused(sqs.send_message, "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
            QueueUrl=url, MessageBody="x" * 1_048_577)
    refused(sqs.receive_message, "InvalidParameterValue",
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
            QueueUrl=url, MaxNumberOfMessages=11)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    assert bodies(url) == []
    assert bodies(url, WaitTimeSeconds=10) == ["later"]
    sqs.send_message(QueueUrl=url, MessageBody="gone")
    sqs.purge_queue(QueueUrl=url)
    assert bodies(url) == []
    refused(sqs.purge_queue, "AWS.SimpleQueueService.PurgeQueueInProgress",
            f"Only one PurgeQueue operation on {url.rsplit('/')[-1]} is allowed every 60 seconds.", QueueUrl=url)


def test_batches():
    url = queue()
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "\x02"}, {"Id": "c", "MessageBody": "3"}])
    assert [e["Id"] for e in answer["Successful"]] == ["a", "c"], answer
    assert answer["Failed"][0]["Id"] == "b" and answer["Failed"][0]["SenderFault"], answer
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [m["Body"] for m in messages] == ["1", "3"]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
        {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 0} for n, m in enumerate(messages)])
    assert len(changed["Successful"]) == 2
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[
        {"Id": "x", "ReceiptHandle": messages[0]["ReceiptHandle"]}, {"Id": "y", "ReceiptHandle": "nonsense"}])
    assert deleted["Successful"] == [{"Id": "x"}] and deleted["Failed"][0]["Code"] == "ReceiptHandleIsInvalid", deleted
    refused(sqs.send_message_batch, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id a repeated.", QueueUrl=url,
            Entries=[{"Id": "a", "MessageBody": "1"}] * 2)
    refused(sqs.send_message_batch, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.", QueueUrl=url,
            Entries=[{"Id": str(n), "MessageBody": "1"} for n in range(11)])
    refused(sqs.send_message_batch, "AWS.SimpleQueueService.EmptyBatchRequest", QueueUrl=url, Entries=[])


def test_waiting_receiver_wakes():
    url = queue(ReceiveMessageWaitTimeSeconds="20")
    threading.Timer(0.3, lambda: sqs.send_message(QueueUrl=url, MessageBody="now")).start()
    began = time.monotonic()
    assert bodies(url) == ["now"]
    assert time.monotonic() - began < 10


def test_dead_letters():
    dead = queue()
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = queue(VisibilityTimeout="0", RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"}))
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert bodies(url) == ["poison"] and bodies(url) == ["poison"] and bodies(url) == []
    got = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"], VisibilityTimeout=0)["Messages"][0]
    assert got["Body"] == "poison" and got["Attributes"]["DeadLetterQueueSourceArn"].endswith(url.rsplit("/")[-1]), got
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sqs.start_message_move_task(SourceArn=arn)
    assert sqs.list_message_move_tasks(SourceArn=arn)["Results"][0]["ApproximateNumberOfMessagesMoved"] == 1
    assert bodies(url) == ["poison"]
    refused(sqs.set_queue_attributes, "InvalidParameterValue", QueueUrl=url, Attributes={"RedrivePolicy": "{}"})


def test_fifo():
    url = queue(f"f-{uuid.uuid4()}.fifo", FifoQueue="true")
    send = lambda body, group, token: sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group,
                                                       MessageDeduplicationId=token)
    first, twin = send("a1", "a", "1"), send("other", "b", "1")
    assert first["MessageId"] == twin["MessageId"] and first["SequenceNumber"] == twin["SequenceNumber"]
    send("a2", "a", "2"), send("b1", "b", "3")
    one = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, AttributeNames=["All"])["Messages"][0]
    assert one["Body"] == "a1" and one["Attributes"]["MessageGroupId"] == "a", one
    assert bodies(url) == ["b1"], "a2 must wait for a1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    assert bodies(url) == ["a2"]
    refused(sqs.send_message, "MissingParameter", "The request must contain the parameter MessageGroupId.",
            QueueUrl=url, MessageBody="x")
    refused(sqs.send_message, "InvalidParameterValue",
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
            QueueUrl=url, MessageBody="x", MessageGroupId="a")
    again = url.rsplit("/")[-1]
    assert queue(again, FifoQueue="true", ContentBasedDeduplication="false", DeduplicationScope="queue") == url
    content = queue(f"c-{uuid.uuid4()}.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for _ in "ab":
        sqs.send_message(QueueUrl=content, MessageBody="same", MessageGroupId="g")
    assert bodies(content) == ["same"]


def query(url, **parameters):
    """A request as SDKs made it before 2023: a signed form."""
    request = urllib.request.Request(url, urllib.parse.urlencode(dict(Version="2012-11-05", **parameters)).encode())
    request.add_header("Authorization", SIGNED)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_query_protocol():
    name = f"old-{uuid.uuid4()}"
    base = READY["services"] + "/"
    status, text = query(base, Action="CreateQueue", QueueName=name, **{"Attribute.1.Name": "VisibilityTimeout",
                                                                         "Attribute.1.Value": "5"})
    url = f"{READY['services']}/{ACCOUNT}/{name}"
    assert status == 200 and f"<QueueUrl>{url}</QueueUrl>" in text and "<CreateQueueResponse xmlns=" in text, text
    status, text = query(url, Action="SendMessage", MessageBody="<hi>", **{
        "MessageAttribute.1.Name": "k", "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": "v"})
    assert status == 200 and f"<MD5OfMessageBody>{hashlib.md5(b'<hi>').hexdigest()}<" in text, text
    status, text = query(base, Action="ReceiveMessage", QueueUrl=url, MaxNumberOfMessages="1", **{
        "MessageAttributeName.1": "All", "AttributeName.1": "All"})
    assert "<Body>&lt;hi&gt;</Body>" in text and "<MessageAttribute><Name>k</Name><Value>" in text, text
    assert "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>" in text, text
    status, text = query(base, Action="SendMessageBatch", QueueUrl=url, **{
        "SendMessageBatchRequestEntry.1.Id": "a", "SendMessageBatchRequestEntry.1.MessageBody": "x"})
    assert "<SendMessageBatchResultEntry>" in text and "<Id>a</Id>" in text, text
    status, text = query(base, Action="GetQueueAttributes", QueueUrl=url, **{"AttributeName.1": "VisibilityTimeout"})
    assert "<Attribute><Name>VisibilityTimeout</Name><Value>5</Value></Attribute>" in text, text
    status, text = query(base, Action="GetQueueUrl", QueueName="none")
    assert status == 400 and "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in text, text
    assert query(base, Action="Nonsense")[0] == 400
    status, text = query(url, Action="ListQueues")
    assert status == 400 and "<Message>The action ListQueues is not valid for this endpoint.</Message>" in text, text
    status, text = query(url, Action="GetQueueAttributes", **{"AttributeName.1": "Nonsense"})
    assert status == 400 and "<Code>InvalidAttributeName</Code><Message>Unknown Attribute Nonsense.</Message>" in text, text
    plain = urllib.request.Request(url, headers={"Authorization": SIGNED})
    try:
        urllib.request.urlopen(plain, timeout=30)
        raise AssertionError("a plain GET is answered")
    except urllib.error.HTTPError as error:
        assert error.code == 404 and error.read() == b"<UnknownOperationException/>\n"


def test_rules_and_events():
    url = queue()
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = f"bus-{uuid.uuid4()}"
    events.create_event_bus(Name=bus)
    refused(events.create_event_bus, "ResourceAlreadyExistsException", f"Event bus {bus} already exists.", Name=bus)
    pattern = {"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}], "state": [{"anything-but": "draft"}]}}
    made = events.put_rule(Name="r", EventBusName=bus, EventPattern=json.dumps(pattern))
    assert made["RuleArn"] == f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{bus}/r", made
    events.put_targets(Rule="r", EventBusName=bus, Targets=[
        {"Id": "all", "Arn": arn}, {"Id": "part", "Arn": arn, "InputPath": "$.detail"},
        {"Id": "text", "Arn": arn, "InputTransformer": {"InputPathsMap": {"t": "$.detail.total", "none": "$.detail.none"},
                                                        "InputTemplate": '"total is <t>, <none>by <aws.events.rule-name>"'}}])
    refused(events.put_targets, "ValidationException", "InputTemplate for target x contains invalid placeholder nobody.",
            Rule="r", EventBusName=bus, Targets=[{"Id": "x", "Arn": arn, "InputTransformer": {"InputTemplate": '"<nobody>"'}}])
    entry = lambda detail, **more: {"Source": "shop", "DetailType": "order", "Detail": json.dumps(detail),
                                    "EventBusName": bus, **more}
    answer = events.put_events(Entries=[entry({"total": 11, "state": "paid"}), entry({"total": 9, "state": "paid"}),
                                        entry({"total": 20, "state": "draft"}), {"Source": "shop", "Detail": "{}"},
                                        entry({}) | {"Detail": "nonsense"}])
    assert answer["FailedEntryCount"] == 2, answer
    assert [e.get("ErrorCode") for e in answer["Entries"]] == [None, None, None, "InvalidArgument", "MalformedDetail"]
    got = bodies(url)
    assert len(got) == 3, got
    whole = next(json.loads(b) for b in got if "detail-type" in b)
    assert whole["detail"] == {"total": 11, "state": "paid"} and whole["detail-type"] == "order", whole
    assert json.dumps({"total": 11, "state": "paid"}, separators=(",", ":")) in got and '"total is 11, by r"' in got, got
    assert events.list_rule_names_by_target(TargetArn=arn, EventBusName=bus)["RuleNames"] == ["r"]
    assert [t["Id"] for t in events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"]] == ["all", "part", "text"]
    events.disable_rule(Name="r", EventBusName=bus)
    assert events.describe_rule(Name="r", EventBusName=bus)["State"] == "DISABLED"
    events.put_events(Entries=[entry({"total": 11, "state": "paid"})])
    assert bodies(url) == []
    refused(events.delete_rule, "ValidationException", "Rule can't be deleted since it has targets.", Name="r", EventBusName=bus)
    events.remove_targets(Rule="r", EventBusName=bus, Ids=["all", "part", "text"])
    events.delete_rule(Name="r", EventBusName=bus)
    refused(events.describe_rule, "ResourceNotFoundException", f"Rule r does not exist on EventBus {bus}.",
            Name="r", EventBusName=bus)
    events.delete_event_bus(Name=bus)


def test_schedules_and_patterns_are_checked():
    refused(events.put_rule, "ValidationException", "Parameter ScheduleExpression is not valid.", Name="s",
            ScheduleExpression="rate(1 minutes)")
    refused(events.put_rule, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.", Name="s")
    refused(events.put_rule, "InvalidEventPatternException", Name="s", EventPattern='{"source": "x"}')
    events.put_rule(Name="s", ScheduleExpression="cron(0/15 8-17 ? * MON-FRI *)", State="DISABLED")
    assert "s" in [r["Name"] for r in events.list_rules(NamePrefix="s")["Rules"]]
    events.delete_rule(Name="s")
    event = json.dumps({"id": "1", "account": "1", "source": "a.b", "time": "t", "region": "r", "resources": [],
                        "detail-type": "x", "detail": {"ip": "10.0.0.7", "file": "a/b.png"}})
    for pattern, expected in [({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
                              ({"detail": {"file": [{"suffix": ".PNG"}]}}, False),
                              ({"detail": {"file": [{"wildcard": "a/*.png"}]}}, True),
                              ({"detail": {"none": [{"exists": False}]}}, True),
                              ({"$or": [{"source": ["z"]}, {"source": [{"prefix": "a."}]}]}, True)]:
        assert events.test_event_pattern(EventPattern=json.dumps(pattern), Event=event)["Result"] is expected, pattern
    refused(events.create_archive, "NotImplementedException", "martlet's EventBridge does not play the operation CreateArchive.",
            ArchiveName="a", EventSourceArn=f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default")


run(globals())

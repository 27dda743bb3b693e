"""Drives the emulator's DynamoDB with boto3, as programs do.

usage: dynamodb_test.py ENDPOINT
Prints one line for each check that fails and ends with status 1; says how many passed otherwise.
"""
import decimal
import json
import sys
import threading
import time
import uuid
import zlib
from http.client import HTTPConnection
from urllib.parse import urlsplit

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
KEYS = dict(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
CONFIG = Config(retries={"max_attempts": 1}, parameter_validation=False)
client = boto3.client("dynamodb", endpoint_url=ENDPOINT, config=CONFIG, **KEYS)
resource = boto3.resource("dynamodb", endpoint_url=ENDPOINT, **KEYS)
streams = boto3.client("dynamodbstreams", endpoint_url=ENDPOINT, config=CONFIG, **KEYS)
checks, failures, made = 0, [], []


def check(name, found, wanted):
    global checks
    checks += 1
    if found != wanted:
        failures.append(f"{name}: found {found!r}, wanted {wanted!r}")


def refused(name, call, kind, text=None):
    global checks
    checks += 1
    try:
        call()
        failures.append(f"{name}: no error")
    except ClientError as error:
        if error.response["Error"]["Code"] != kind:
            failures.append(f"{name}: {error}")
        elif text is not None and error.response["Error"]["Message"] != text:
            failures.append(f"{name}: text {error.response['Error']['Message']!r}")
        return error.response
    return {}


def table(sort=None, **more):
    """A new table with text partition keys."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
    if sort:
        keys.append({"AttributeName": "sk", "KeyType": "RANGE"})
        attributes.append({"AttributeName": "sk", "AttributeType": sort})
    attributes += more.pop("attributes", [])
    client.create_table(TableName=name, KeySchema=keys, AttributeDefinitions=attributes,
                        BillingMode="PAY_PER_REQUEST", **more)
    client.get_waiter("table_exists").wait(TableName=name)
    made.append(name)
    return resource.Table(name)


def raw(target, body, **headers):
    """One request without an SDK: status, headers, body."""
    connection = HTTPConnection(urlsplit(ENDPOINT).netloc)
    base = {
        "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
                         "SignedHeaders=host, Signature=b",
    }
    base.update(headers)
    connection.request("POST", "/", body, {k: v for k, v in base.items() if v is not None})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, response.headers, data


def wire():
    status, headers, body = raw("DynamoDB_20120810.ListTables", b"{}")
    check("wire status", status, 200)
    check("wire type", headers["Content-Type"], "application/x-amz-json-1.0")
    check("wire crc", headers["x-amz-crc32"], str(zlib.crc32(body)))
    check("wire id", len(headers["x-amzn-RequestId"]), 52)
    for target in ("DynamoDB_20120810.Nothing", "DynamoDB_20111205.ListTables", "DynamoDB_20120810"):
        status, _, body = raw(target, b"{}")
        check(f"target {target}", (status, json.loads(body)["__type"]),
              (400, "com.amazon.coral.service#UnknownOperationException"))
    status, _, body = raw("DynamoDB_20120810.ListTables", b"{}", Authorization=None)
    check("unsigned", (status, json.loads(body)["__type"]),
          (400, "com.amazon.coral.service#MissingAuthenticationTokenException"))
    for broken in (b"", b"{", b"[]", b"\xff", b'{"Limit":' + b"9" * 400 + b"}", b'"' * 5,
                   b'{"a":' * 5000):
        status, _, body = raw("DynamoDB_20120810.ListTables", broken)
        check(f"broken {broken[:12]}", status, 400)
        check(f"broken {broken[:12]} type", "__type" in json.loads(body), True)
    status, _, _ = raw("DynamoDB_20120810.ListTables", b"{}", Origin="https://evil.example")
    check("foreign origin", status, 403)
    status, _, _ = raw("DynamoDB_20120810.ListTables", b"{}", Host="evil.example")
    check("foreign host", status, 403)


def items():
    t = table("N")
    everything = {
        "pk": "a", "sk": decimal.Decimal("-1.5E-20"), "text": "日本語", "empty": "",
        "number": decimal.Decimal("12345678901234567890123456789012345678"),
        "bytes": b"\x00\xff", "yes": True, "nothing": None, "list": [1, "x", [b"y"], {"z": None}],
        "texts": {"a", "b"}, "numbers": {decimal.Decimal("1.1"), decimal.Decimal(2)},
        "map": {"deep": {"deeper": [{"deepest": 1}]}},
    }
    t.put_item(Item=everything)
    key = {"pk": "a", "sk": everything["sk"]}
    found = t.get_item(Key=key)["Item"]
    found["bytes"], found["list"][2][0] = bytes(found["bytes"]), bytes(found["list"][2][0])
    check("all types", found, everything)
    check("old values", t.put_item(Item={**key, "v": 1}, ReturnValues="ALL_OLD")["Attributes"]["text"],
          "日本語")
    updated = t.update_item(
        Key=key, UpdateExpression="SET v = v + :one", ExpressionAttributeValues={":one": 1},
        ConditionExpression=Attr("v").eq(1), ReturnValues="ALL_NEW")
    check("update", updated["Attributes"]["v"], 2)
    refused("condition", lambda: t.put_item(Item=key, ConditionExpression=Attr("pk").not_exists()),
            "ConditionalCheckFailedException", "The conditional request failed")
    check("delete", t.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]["v"], 2)
    check("gone", "Item" in t.get_item(Key=key), False)
    refused("no table", lambda: client.get_item(TableName="no-such-table", Key={"pk": {"S": "a"}}),
            "ResourceNotFoundException", "Requested resource not found")
    refused("wrong key", lambda: t.get_item(Key={"pk": "a"}), "ValidationException",
            "The provided key element does not match the schema")
    refused("reserved", lambda: t.update_item(Key=key, UpdateExpression="REMOVE name"),
            "ValidationException",
            "1 validation error detected: Invalid UpdateExpression: Attribute name is a reserved "
            "keyword; reserved keyword: name")


def reads():
    t = table("N", attributes=[{"AttributeName": "g", "AttributeType": "S"}],
              GlobalSecondaryIndexes=[{
                  "IndexName": "byG",
                  "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"},
                                {"AttributeName": "sk", "KeyType": "RANGE"}],
                  "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["v"]}}])
    with t.batch_writer() as batch:
        for n in range(200):
            batch.put_item({"pk": f"p{n % 4}", "sk": n, "g": f"g{n % 10}", "v": n, "w": "x" * 50})
    answer = t.query(KeyConditionExpression=Key("pk").eq("p1") & Key("sk").between(50, 99),
                     ScanIndexForward=False, Limit=5)
    check("query", [int(i["sk"]) for i in answer["Items"]], [97, 93, 89, 85, 81])
    check("query goes on", answer["LastEvaluatedKey"], {"pk": "p1", "sk": 81})
    found = client.get_paginator("query").paginate(
        TableName=t.name, IndexName="byG", KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "g3"}}, PaginationConfig={"PageSize": 3})
    pages = [i for page in found for i in page["Items"]]
    check("index pages", [int(i["sk"]["N"]) for i in pages], list(range(3, 200, 10)))
    check("index projection", sorted(pages[0]), ["g", "pk", "sk", "v"])
    seen = []
    for segment in range(4):
        for page in client.get_paginator("scan").paginate(
                TableName=t.name, Segment=segment, TotalSegments=4,
                PaginationConfig={"PageSize": 7}):
            seen += [int(i["v"]["N"]) for i in page["Items"]]
    check("segments", sorted(seen), list(range(200)))
    check("filter", t.scan(FilterExpression=Attr("v").gt(197))["Count"], 2)
    got = client.batch_get_item(RequestItems={t.name: {
        "Keys": [{"pk": {"S": "p0"}, "sk": {"N": str(n)}} for n in (0, 4, 5)],
        "ProjectionExpression": "v"}})
    check("batch get", sorted(i["v"]["N"] for i in got["Responses"][t.name]), ["0", "4"])
    check("partiql", client.execute_statement(
        Statement=f'SELECT v FROM "{t.name}" WHERE pk = ? AND sk < 9',
        Parameters=[{"S": "p0"}])["Items"], [{"v": {"N": "0"}}, {"v": {"N": "4"}}, {"v": {"N": "8"}}])


def transactions():
    t = table()
    client.transact_write_items(TransactItems=[
        {"Put": {"TableName": t.name, "Item": {"pk": {"S": "a"}, "v": {"N": "1"}}}},
        {"Put": {"TableName": t.name, "Item": {"pk": {"S": "b"}, "v": {"N": "1"}}}}])
    response = refused("transaction", lambda: client.transact_write_items(TransactItems=[
        {"Delete": {"TableName": t.name, "Key": {"pk": {"S": "a"}}}},
        {"ConditionCheck": {"TableName": t.name, "Key": {"pk": {"S": "b"}},
                            "ConditionExpression": "v > :v",
                            "ExpressionAttributeValues": {":v": {"N": "5"}},
                            "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}]),
        "TransactionCanceledException")
    check("reasons", [r["Code"] for r in response.get("CancellationReasons", [])],
          ["None", "ConditionalCheckFailed"])
    check("nothing kept", t.get_item(Key={"pk": "a"})["Item"]["v"], 1)

    def add():
        own = boto3.client("dynamodb", endpoint_url=ENDPOINT, config=CONFIG, **KEYS)
        for n in range(20):
            own.update_item(TableName=t.name, Key={"pk": {"S": f"c{n % 3}"}},
                            UpdateExpression="ADD v :one",
                            ExpressionAttributeValues={":one": {"N": "1"}})

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("no lost update", sum(t.get_item(Key={"pk": f"c{n}"})["Item"]["v"] for n in range(3)), 160)


def changes():
    t = table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    client.update_time_to_live(TableName=t.name, TimeToLiveSpecification={
        "Enabled": True, "AttributeName": "end"})
    check("ttl", client.describe_time_to_live(TableName=t.name)["TimeToLiveDescription"],
          {"TimeToLiveStatus": "ENABLED", "AttributeName": "end"})
    t.put_item(Item={"pk": "a", "v": 1})
    t.put_item(Item={"pk": "a", "v": 2})
    t.put_item(Item={"pk": "old", "end": int(time.time()) - 5})
    arn = client.describe_table(TableName=t.name)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard,
                                          ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    check("records", [r["eventName"] for r in records][:3], ["INSERT", "MODIFY", "INSERT"])
    check("images", (records[1]["dynamodb"]["OldImage"]["v"], records[1]["dynamodb"]["NewImage"]["v"]),
          ({"N": "1"}, {"N": "2"}))
    client.tag_resource(ResourceArn=t.table_arn, Tags=[{"Key": "team", "Value": "x"}])
    check("tags", client.list_tags_of_resource(ResourceArn=t.table_arn)["Tags"],
          [{"Key": "team", "Value": "x"}])
    updated = client.update_table(
        TableName=t.name, AttributeDefinitions=[{"AttributeName": "v", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": {
            "IndexName": "byV", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}}}])
    check("index added", updated["TableDescription"]["GlobalSecondaryIndexes"][0]["IndexName"], "byV")
    check("index filled", t.query(IndexName="byV", KeyConditionExpression=Key("v").eq(2))["Count"], 1)


def main():
    for part in (wire, items, reads, transactions, changes):
        try:
            part()
        except Exception as error:  # A part that cannot go on is a failure, the others still run.
            failures.append(f"{part.__name__}: {type(error).__name__}: {error}")
    for name in made:
        client.delete_table(TableName=name)
    for failure in failures:
        print(failure)
    print(f"{checks} checks, {len(failures)} failures")
    sys.exit(1 if failures else 0)


main()

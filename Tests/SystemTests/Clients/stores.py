"""boto3 against the emulator's service endpoint: it sees what the functions stored."""
import json

import boto3
from botocore.exceptions import ClientError

from harness import Chat, READY, completed, run, text_of, token

options = dict(endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
               aws_secret_access_key="test")
dynamodb = boto3.client("dynamodb", **options)


async def test_reads_the_turn_from_its_table():
    async with Chat(token("--user", "dora")) as chat:
        frames = await chat.ask("What does 食べる mean?")
        made = completed(frames)
    conversation = dynamodb.query(
        TableName="martlet-conversations", IndexName="byConversation",
        KeyConditionExpression="tenantConversation = :c",
        ExpressionAttributeValues={":c": {"S": tenant_key(made["conversationId"])}})["Items"]
    assert len(conversation) == 1 and conversation[0]["user"]["S"] == "dora", conversation
    turns = dynamodb.query(
        TableName="martlet-turns", KeyConditionExpression="conversation = :c",
        ExpressionAttributeValues={":c": {"S": tenant_key(made["conversationId"])}})["Items"]
    assert len(turns) == 1, turns
    assert turns[0]["answer"]["S"] == text_of(frames), turns


def tenant_key(conversation):
    rows = dynamodb.scan(TableName="martlet-conversations", FilterExpression="conversationId = :c",
                         ExpressionAttributeValues={":c": {"S": conversation}})["Items"]
    assert len(rows) == 1, rows
    return rows[0]["tenantConversation"]["S"]


def test_knowledge_is_there():
    pages = dynamodb.get_paginator("scan").paginate(TableName="martlet-knowledge", Select="COUNT")
    count = sum(p["Count"] for p in pages)
    assert count >= 8_034 + 2_136 + 1_000 - 300, count


def test_tables_of_the_template():
    names = dynamodb.list_tables()["TableNames"]
    for name in ["connections", "conversations", "turns", "claims", "knowledge"]:
        assert f"martlet-{name}" in names, names
    table = dynamodb.describe_table(TableName="martlet-connections")["Table"]
    assert table["TableStatus"] == "ACTIVE" and table["GlobalSecondaryIndexes"][0]["IndexName"] == "byOwner", table
    ttl = dynamodb.describe_time_to_live(TableName="martlet-connections")["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "expiresAt", "TimeToLiveStatus": "ENABLED"}, ttl


def test_items_and_conditions():
    item = {"claim": {"S": "system-test"}, "n": {"N": "12345678901234567890123456789012345678"}}
    dynamodb.put_item(TableName="martlet-claims", Item=item)
    try:
        dynamodb.put_item(TableName="martlet-claims", Item=item, ConditionExpression="attribute_not_exists(claim)")
        raise AssertionError("the condition did not hold, and the item was written")
    except ClientError as error:
        assert error.response["Error"] == {"Code": "ConditionalCheckFailedException",
                                           "Message": "The conditional request failed"}, error.response
    got = dynamodb.get_item(TableName="martlet-claims", Key={"claim": {"S": "system-test"}})["Item"]
    assert got == item, got
    dynamodb.delete_item(TableName="martlet-claims", Key={"claim": {"S": "system-test"}})
    assert "Item" not in dynamodb.get_item(TableName="martlet-claims", Key={"claim": {"S": "system-test"}})


def test_objects():
    s3 = boto3.client("s3", **options)
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    etag = s3.put_object(Bucket=bucket, Key="system/テスト 1.txt", Body=b"hello")["ETag"]
    got = s3.get_object(Bucket=bucket, Key="system/テスト 1.txt")
    assert got["Body"].read() == b"hello" and got["ETag"] == etag == '"5d41402abc4b2a76b9719d911017c592"', got
    assert s3.head_object(Bucket=bucket, Key="system/テスト 1.txt")["ContentLength"] == 5
    try:
        s3.get_object(Bucket=bucket, Key="absent")
        raise AssertionError("found")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchKey", error.response


def test_secret():
    secret = boto3.client("secretsmanager", **options).get_secret_value(SecretId="martlet/token-key")
    assert len(secret["SecretString"]) >= 32, "the key is too short"


def test_invoke():
    functions = boto3.client("lambda", **options)
    event = json.dumps({"version": "2.0", "routeKey": "GET /health", "rawPath": "/health", "rawQueryString": "",
                        "headers": {}, "isBase64Encoded": False,
                        "requestContext": {"accountId": "000000000000", "apiId": "x", "domainName": "x",
                                           "domainPrefix": "x", "requestId": "x", "routeKey": "GET /health",
                                           "stage": "$default", "time": "12/Mar/2020:19:03:58 +0000",
                                           "timeEpoch": 1583348638390,
                                           "http": {"method": "GET", "path": "/health", "protocol": "HTTP/1.1",
                                                    "sourceIp": "127.0.0.1", "userAgent": "x"}}})
    answer = functions.invoke(FunctionName="HealthFunction", Payload=event)
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer, answer
    assert json.loads(json.loads(answer["Payload"].read())["body"])["status"] == "healthy"
    try:
        functions.invoke(FunctionName="Absent")
        raise AssertionError("found")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException", error.response


run(globals())

#!/usr/bin/env python3
"""Writes the table of DynamoDB's request constraints from botocore's service model.

usage: scripts/dynamodb-model.py > Emulator/Services/DynamoDB/Model/ServiceModelText.swift
(needs botocore; the result is committed, so only a new operation or a new version needs this)

The model states types, required members, lengths, ranges, patterns and enumerations. Two things the
service shows in its messages are not in it and stand here: the order in which it lists the values of
an enumeration, and the order in which it looks at the members of a request.
"""
import botocore
import botocore.loaders

OPERATIONS = """BatchExecuteStatement BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable
DescribeContinuousBackups DescribeEndpoints DescribeLimits DescribeTable DescribeTimeToLive
ExecuteStatement ExecuteTransaction GetItem ListTables ListTagsOfResource PutItem Query Scan
TagResource TransactGetItems TransactWriteItems UntagResource UpdateItem UpdateTable
UpdateTimeToLive""".split()
STREAM_OPERATIONS = "DescribeStream GetRecords GetShardIterator ListStreams".split()

# Members of features that are refused as a whole (see `Unsupported` in the operations).
DROPPED = {"VectorIndexes", "VectorIndexUpdates"}

ENUM_ORDER = {
    "ReturnValue": "ALL_NEW UPDATED_OLD ALL_OLD NONE UPDATED_NEW",
    "ReturnConsumedCapacity": "INDEXES TOTAL NONE",
    "ReturnItemCollectionMetrics": "SIZE NONE",
    "Select": "SPECIFIC_ATTRIBUTES COUNT ALL_ATTRIBUTES ALL_PROJECTED_ATTRIBUTES",
    "ComparisonOperator": "IN NULL BETWEEN LT NOT_CONTAINS EQ GT NOT_NULL NE LE BEGINS_WITH GE CONTAINS",
    "ConditionalOperator": "OR AND",
    "ScalarAttributeType": "B N S",
    "KeyType": "HASH RANGE",
    "ProjectionType": "ALL INCLUDE KEYS_ONLY",
    "BillingMode": "PROVISIONED PAY_PER_REQUEST",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD NONE",
}

MEMBER_ORDER = {
    "PutItem": "Item ReturnConsumedCapacity ReturnValues ReturnItemCollectionMetrics",
    "UpdateItem": "Key ReturnValues ReturnConsumedCapacity ReturnItemCollectionMetrics",
    "DeleteItem": "Key ReturnConsumedCapacity TableName ReturnItemCollectionMetrics ReturnValues",
    "GetItem": "Key TableName ReturnConsumedCapacity AttributesToGet",
    "Query": "TableName ReturnConsumedCapacity Select Limit",
    "Scan": "TableName Limit ReturnConsumedCapacity Select",
    "CreateTable": "AttributeDefinitions TableName BillingMode KeySchema LocalSecondaryIndexes "
    "GlobalSecondaryIndexes ProvisionedThroughput",
    "ListTables": "Limit ExclusiveStartTableName",
}

# Required for every table that is no replica of another region's.
REQUIRED = {"CreateTable": {"AttributeDefinitions", "KeySchema"}}

PATTERN = "[a-zA-Z0-9_.-]+"


class Writer:
    def __init__(self):
        self.lines, self.seen = [], set()
        loader = botocore.loaders.Loader()
        self.main = loader.load_service_model("dynamodb", "service-2")
        self.streams = loader.load_service_model("dynamodbstreams", "service-2")

    def members(self, model, shape, name=None):
        order = MEMBER_ORDER.get(name, "").split()
        names = [n for n in shape.get("members", {}) if n not in DROPPED]
        names.sort(key=lambda n: order.index(n) if n in order else len(order))
        parts = []
        for n in names:
            needed = set(shape.get("required", [])) | REQUIRED.get(name, set())
            mark = "!" if n in needed else ""
            parts.append(f"{n}:{self.shape(model, shape['members'][n]['shape'])}{mark}")
        return " ".join(parts)

    def shape(self, model, name):
        shape = model["shapes"][name]
        kind = shape["type"]
        if name == "AttributeValue":
            return name
        if name == "TableArn":
            return "TableReference"
        constrained = {"min", "max", "enum", "pattern"} & set(shape)
        plain = {"string": "String", "boolean": "Boolean", "integer": "Integer", "long": "Long",
                 "blob": "Blob", "double": "Double", "timestamp": "Long"}
        if kind in plain and not constrained:
            return plain[kind]
        if name in self.seen:
            return name
        self.seen.add(name)
        bounds = f"{shape.get('min', '-')} {shape.get('max', '-')}"
        if kind == "string" and "enum" in shape:
            values = ENUM_ORDER.get(name, " ".join(shape["enum"]))
            assert set(values.split()) == set(shape["enum"]), name
            line = f"enum {name} {values}"
        elif kind == "string":
            assert shape.get("pattern", PATTERN) == PATTERN, shape
            line = f"string {name} {bounds}" + (" pattern" if "pattern" in shape else "")
        elif kind in ("integer", "long"):
            line = f"{kind} {name} {bounds}"
        elif kind == "list":
            line = f"list {name} {self.shape(model, shape['member']['shape'])} {bounds}"
        elif kind == "map":
            key = self.shape(model, shape["key"]["shape"])
            line = f"map {name} {key} {self.shape(model, shape['value']['shape'])} {bounds}"
        elif kind == "structure":
            line = f"structure {name} {self.members(model, shape)}"
        else:
            raise SystemExit(f"{name}: {kind}")
        self.lines.append(line)
        return name

    def operation(self, model, name):
        shape = model["shapes"][model["operations"][name]["input"]["shape"]]
        self.lines.append(f"operation {name} {self.members(model, shape, name)}".rstrip())


def wrapped(line):
    """Long lines are continued with an indented one, to stay within the width of our code."""
    parts, current = [], "    "
    for word in line.split(" "):
        if len(current) + len(word) > 96:
            parts.append(current.rstrip())
            current = "      "
        current += word + " "
    return "\n".join(parts + [current.rstrip()])


writer = Writer()
for operation in OPERATIONS:
    writer.operation(writer.main, operation)
for operation in STREAM_OPERATIONS:
    writer.operation(writer.streams, operation)
print(f"""// Written by scripts/dynamodb-model.py from botocore {botocore.__version__} (Apache-2.0),
// data/dynamodb/2012-08-10/service-2.json and data/dynamodbstreams/2012-08-10/service-2.json.

extension ServiceModel {{
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let text = \"\"\"""")
print("\n".join(wrapped(line) for line in writer.lines))
print('    """\n}')

#!/usr/bin/env python3
"""Writes the tables of request constraints of the small services from botocore's service models.

usage: scripts/service-models.py SERVICE > Emulator/Services/FOLDER/…Model.swift
(needs botocore; the results are committed, so only a new operation or a new version needs this)

Lists of enumerations stand in the order in which the services' messages show them: that of a Java
HashSet, which was compared with recorded messages of KMS and DynamoDB.
"""
import sys

import botocore
import botocore.loaders

# service: (type that gets the text, folder, operations)
SERVICES = {
    "kms": ("KMS", """CancelKeyDeletion CreateAlias CreateGrant CreateKey Decrypt DeleteAlias
        DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt GenerateDataKey
        GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext
        GenerateMac GenerateRandom GetKeyPolicy GetKeyRotationStatus GetPublicKey ListAliases
        ListGrants ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants
        PutKeyPolicy ReEncrypt RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign
        TagResource UntagResource UpdateAlias UpdateKeyDescription Verify VerifyMac"""),
    "ssm": ("ParameterStore", """AddTagsToResource DeleteParameter DeleteParameters
        DescribeParameters GetParameter GetParameterHistory GetParameters GetParametersByPath
        LabelParameterVersion ListTagsForResource PutParameter RemoveTagsFromResource
        UnlabelParameterVersion"""),
    "logs": ("Logs", """AssociateKmsKey DisassociateKmsKey PutLogGroupDeletionProtection StartLiveTail CreateLogGroup CreateLogStream DeleteLogGroup DeleteLogStream
        DeleteRetentionPolicy DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents
        ListTagsForResource ListTagsLogGroup PutLogEvents PutRetentionPolicy TagLogGroup TagResource
        TestMetricFilter UntagLogGroup UntagResource"""),
    "events": ("EventBridge", """CreateEventBus DeleteEventBus DeleteRule DescribeEventBus
        DescribeRule DisableRule EnableRule ListEventBuses ListRuleNamesByTarget ListRules
        ListTagsForResource ListTargetsByRule PutEvents PutRule PutTargets RemoveTargets TagResource
        TestEventPattern UntagResource UpdateEventBus PutPermission RemovePermission"""),
    "secretsmanager": ("SecretsManager", """BatchGetSecretValue CancelRotateSecret CreateSecret
        DeleteResourcePolicy DeleteSecret DescribeSecret GetRandomPassword GetResourcePolicy
        GetSecretValue ListSecretVersionIds ListSecrets PutResourcePolicy PutSecretValue RestoreSecret
        RotateSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage"""),
    "sqs": ("SQS", """AddPermission CancelMessageMoveTask ChangeMessageVisibility
        ChangeMessageVisibilityBatch CreateQueue DeleteMessage DeleteMessageBatch DeleteQueue
        GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListMessageMoveTasks ListQueueTags
        ListQueues PurgeQueue ReceiveMessage RemovePermission SendMessage SendMessageBatch
        SetQueueAttributes StartMessageMoveTask TagQueue UntagQueue"""),
}
# Bounds that the service itself reports in other words.
UNBOUNDED = {"PutEventsRequestEntryList"}
# Values that the service does not repeat in its messages, although its model does not say so.
HIDDEN = {"LogGroupIdentifier", "StartLiveTailLogGroupIdentifiers"}
PLAIN = {"string": "String", "boolean": "Boolean", "integer": "Integer", "long": "Integer",
         "blob": "Blob", "double": "Number", "float": "Number", "timestamp": "Number"}


def java_order(values):
    """The order of a Java HashSet of strings."""
    def spread(text):
        code = 0
        for unit in text:
            code = (31 * code + ord(unit)) & 0xFFFFFFFF
        return code ^ (code >> 16)
    size = 16
    while size * 0.75 < len(values):
        size *= 2
    return sorted(values, key=lambda v: spread(v) & (size - 1))


class Writer:
    def __init__(self, service):
        self.lines, self.seen, self.open = [], set(), set()
        self.model = botocore.loaders.Loader().load_service_model(service, "service-2")

    def members(self, shape):
        needed = set(shape.get("required", []))
        return " ".join(f"{n}:{self.shape(m['shape'])}{'!' if n in needed else ''}"
                        for n, m in shape.get("members", {}).items())

    def shape(self, name):
        shape = self.model["shapes"][name]
        kind = shape["type"]
        secret = shape.get("sensitive", False) or name in HIDDEN
        if kind in PLAIN and not {"min", "max", "enum", "pattern"} & set(shape) and not secret:
            return PLAIN[kind]
        if name in self.seen:
            return name
        if name in self.open:  # a shape that contains itself
            return "Any"
        self.open.add(name)
        bounds = f"{shape.get('min', '-')} {'-' if name in UNBOUNDED else shape.get('max', '-')}"
        if kind == "string" and "enum" in shape:
            line = f"enum {name} {' '.join(java_order(shape['enum']))}"
        elif kind == "string":
            line = f"string {name} {bounds}" + (" secret" if secret else "")
            pattern = shape.get("pattern", "")
            if pattern and len(pattern) < 76 and " " not in pattern and "$|^" not in pattern:
                line += f" pattern {pattern}"
        elif kind == "blob":
            line = f"blob {name} {bounds}"
        elif kind in ("integer", "long"):
            line = f"integer {name} {bounds}"
        elif kind == "list":
            line = f"list {name} {self.shape(shape['member']['shape'])} {bounds}"
        elif kind == "map":
            line = f"map {name} {self.shape(shape['key']['shape'])} {self.shape(shape['value']['shape'])} {bounds}"
        elif kind == "structure":
            line = f"structure {name} {self.members(shape)}".rstrip()
        else:
            line = f"any {name}"
        self.open.discard(name)
        self.seen.add(name)
        self.lines.append(line)
        return name

    def operation(self, name):
        given = self.model["operations"][name].get("input")
        members = self.members(self.model["shapes"][given["shape"]]) if given else ""
        self.lines.append(f"operation {name} {members}".rstrip())


def wrapped(line):
    """Long lines are continued with an indented one, to stay within the width of our code."""
    parts, current = [], "    "
    for word in line.split(" "):
        if len(current) + len(word) > 96:
            parts.append(current.rstrip())
            current = "      "
        current += word + " "
    return "\n".join(parts + [current.rstrip()])


service = sys.argv[1]
name, operations = SERVICES[service]
writer = Writer(service)
for operation in operations.split():
    writer.operation(operation)
others = sorted(set(writer.model["operations"]) - set(operations.split()))
if others:
    writer.lines.append("refused " + " ".join(others))
capitalized = sorted(name for name, shape in writer.model["shapes"].items()
                     if shape.get("exception") and "Message" in shape.get("members", {}))
if capitalized:
    writer.lines.append("capitalized " + " ".join(capitalized))
print(f"""// Written by scripts/service-models.py from botocore {botocore.__version__} (Apache-2.0), the model
// of "{service}".

extension {name} {{
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #\"\"\"""")
print("\n".join(wrapped(line) for line in writer.lines))
print('    """#)\n}')

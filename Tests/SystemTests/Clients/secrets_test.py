"""boto3 against Secrets Manager."""
import json
import urllib.error
import urllib.request
import uuid

import boto3
from botocore.exceptions import ClientError

from harness import READY, run

secrets = boto3.client("secretsmanager", endpoint_url=READY["services"], region_name="us-east-1",
                       aws_access_key_id="test", aws_secret_access_key="test")
IN_USE = "You can't perform this operation on the secret because it was marked for deletion."
NOT_THERE = "Secrets Manager can't find the specified secret."


def refused(call, code, message=None, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code and message in (None, got["Message"]), got
        return error.response
    raise AssertionError(f"not refused with {code}")


def made(prefix="s", **more):
    return secrets.create_secret(Name=f"{prefix}-{uuid.uuid4()}", **{"SecretString": "one", **more})


def stages(id, **more):
    return {v["VersionId"]: v.get("VersionStages", []) for v in secrets.list_secret_version_ids(SecretId=id, **more)["Versions"]}


def test_values_versions_and_stages():
    secret = made(Description="d")
    id, first = secret["ARN"], secret["VersionId"]
    assert "LastAccessedDate" not in secrets.describe_secret(SecretId=id)
    got = secrets.get_secret_value(SecretId=secret["Name"])
    assert got["SecretString"] == "one" and got["VersionStages"] == ["AWSCURRENT"] and got["ARN"] == id
    described = secrets.describe_secret(SecretId=id)
    assert "LastAccessedDate" in described and "Tags" not in described and described["Description"] == "d", described
    second = secrets.put_secret_value(SecretId=id, SecretString="two")["VersionId"]
    assert stages(id) == {first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]}
    third = secrets.put_secret_value(SecretId=id, SecretBinary=b"\0\1", VersionStages=["AWSPENDING", "mine"])["VersionId"]
    assert secrets.get_secret_value(SecretId=id, VersionStage="mine")["SecretBinary"] == b"\0\1"
    refused(secrets.update_secret_version_stage, "InvalidParameterException",
            "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "
            f"{second}, so you must explicitly reference that version in RemoveFromVersionId.",
            SecretId=id, VersionStage="AWSCURRENT", MoveToVersionId=third)
    secrets.update_secret_version_stage(SecretId=id, VersionStage="AWSCURRENT", MoveToVersionId=third, RemoveFromVersionId=second)
    assert stages(id) == {second: ["AWSPREVIOUS"], third: ["AWSCURRENT", "AWSPENDING", "mine"]}
    assert set(stages(id, IncludeDeprecated=True)) == {first, second, third}
    fourth = secrets.update_secret(SecretId=id, SecretString="four", Description="new")["VersionId"]
    assert stages(id) == {third: ["AWSPREVIOUS", "mine"], fourth: ["AWSCURRENT"]}, "AWSPENDING goes with AWSCURRENT"
    assert secrets.get_secret_value(SecretId=id, VersionId=fourth, VersionStage="AWSCURRENT")["SecretString"] == "four"
    refused(secrets.get_secret_value, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: none", SecretId=id, VersionStage="none")
    page = secrets.list_secret_version_ids(SecretId=id, MaxResults=1)
    assert page["Versions"][0]["KmsKeyIds"] == ["DefaultEncryptionKey"] and "NextToken" in page, page


def test_tokens_make_requests_safe_to_repeat():
    token = str(uuid.uuid4())
    secret = made(ClientRequestToken=token)
    assert secrets.create_secret(Name=secret["Name"], SecretString="one", ClientRequestToken=token)["VersionId"] == token
    taken = (f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
             f"{secret['ARN']}.")
    refused(secrets.create_secret, "ResourceExistsException", taken, Name=secret["Name"], SecretString="two",
            ClientRequestToken=token)
    refused(secrets.put_secret_value, "ResourceExistsException", taken, SecretId=secret["ARN"], SecretString="two",
            ClientRequestToken=token)
    refused(secrets.create_secret, "ResourceExistsException",
            f"The operation failed because the secret {secret['Name']} already exists.", Name=secret["Name"], SecretString="one")
    for operation, type in [("CreateSecret", "InvalidRequestException"), ("PutSecretValue", "InvalidRequestException"),
                            ("RotateSecret", "InvalidParameterException")]:
        body = {"Name": "x", "SecretId": secret["ARN"], "SecretString": "x"}
        request = urllib.request.Request(READY["services"], data=json.dumps(body).encode())
        request.add_header("X-Amz-Target", f"secretsmanager.{operation}")
        request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/secretsmanager/aws4_request, "
                                            "SignedHeaders=host, Signature=0")
        try:
            urllib.request.urlopen(request, timeout=30)
            raise AssertionError("taken without a token")
        except urllib.error.HTTPError as error:
            assert json.loads(error.read()) == {
                "__type": type, "Message": "You must provide a ClientRequestToken value. We recommend a UUID-type value."}


def test_deletion():
    secret = made()
    refused(secrets.delete_secret, "InvalidParameterException", SecretId=secret["ARN"], RecoveryWindowInDays=6)
    secrets.delete_secret(SecretId=secret["ARN"], RecoveryWindowInDays=7)
    for call, more in [(secrets.get_secret_value, {}), (secrets.put_secret_value, {"SecretString": "x"}),
                       (secrets.update_secret, {"SecretString": "x"}), (secrets.delete_secret, {})]:
        refused(call, "InvalidRequestException", IN_USE, SecretId=secret["ARN"], **more)
    assert "DeletedDate" in secrets.describe_secret(SecretId=secret["ARN"])
    refused(secrets.create_secret, "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.", Name=secret["Name"])
    listed = lambda **more: [s["Name"] for s in secrets.list_secrets(Filters=[{"Key": "name", "Values": [secret["Name"]]}], **more)["SecretList"]]
    assert listed() == [] and listed(IncludePlannedDeletion=True) == [secret["Name"]]
    secrets.restore_secret(SecretId=secret["ARN"])
    assert secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"] == "one"
    secrets.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)
    refused(secrets.get_secret_value, "ResourceNotFoundException", NOT_THERE, SecretId=secret["ARN"])
    # By force, removing what is not there is no error.
    secrets.delete_secret(SecretId="never-there", ForceDeleteWithoutRecovery=True)
    refused(secrets.delete_secret, "ResourceNotFoundException", NOT_THERE, SecretId="never-there")


def test_lists_and_filters():
    mark = "z" + uuid.uuid4().hex[:8]
    one = made(mark, Description="DescTwo of many", Tags=[{"Key": mark, "Value": "blue"}])
    two = made(mark, Description="other")
    names = lambda *filters, **more: [s["Name"] for s in secrets.list_secrets(
        Filters=[{"Key": k, "Values": v} for k, v in filters], **more)["SecretList"]]
    assert names(("name", [mark])) == [one["Name"], two["Name"]]
    assert names(("name", [mark]), SortOrder="desc") == [two["Name"], one["Name"]]
    assert names(("name", [mark.upper()])) == []
    assert names(("name", [mark]), ("description", ["MANY of"])) == [one["Name"]]
    assert names(("name", [mark]), ("description", ["!other"])) == [one["Name"]]
    assert names(("tag-key", [mark])) == names(("all", [mark]), ("tag-value", ["bl"])) == [one["Name"]]
    assert names(("all", ["two"]), ("name", [mark])) == [one["Name"]]
    first = secrets.list_secrets(Filters=[{"Key": "name", "Values": [mark]}], MaxResults=1)
    rest = secrets.list_secrets(Filters=[{"Key": "name", "Values": [mark]}], MaxResults=1, NextToken=first["NextToken"])
    assert [s["Name"] for s in first["SecretList"] + rest["SecretList"]] == [one["Name"], two["Name"]] and "NextToken" not in rest
    values = secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": [mark]}])["SecretValues"]
    assert [v["Name"] for v in values] == [one["Name"], two["Name"]]
    values = secrets.batch_get_secret_value(SecretIdList=[one["ARN"], "never-there"])
    assert len(values["SecretValues"]) == 1 and values["Errors"][0]["ErrorCode"] == "ResourceNotFoundException", values
    refused(secrets.batch_get_secret_value, "InvalidParameterException",
            "Either 'SecretIdList' or 'Filters' must be provided, but not both.")


def test_tags_policies_and_passwords():
    secret = made()["ARN"]
    tags = lambda: secrets.describe_secret(SecretId=secret).get("Tags")
    secrets.tag_resource(SecretId=secret, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    secrets.untag_resource(SecretId=secret, TagKeys=["a"])
    assert tags() == [{"Key": "b", "Value": "2"}]
    secrets.untag_resource(SecretId=secret, TagKeys=["b"])
    assert tags() == []
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=secret)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=policy)
    assert secrets.get_resource_policy(SecretId=secret)["ResourcePolicy"] == policy
    secrets.delete_resource_policy(SecretId=secret)
    refused(secrets.put_resource_policy, "MalformedPolicyDocumentException", SecretId=secret, ResourcePolicy="{")
    password = secrets.get_random_password(PasswordLength=20, ExcludePunctuation=True)["RandomPassword"]
    assert len(password) == 20 and password.isalnum()


def test_rotation_needs_a_function():
    secret = made()["ARN"]
    refused(secrets.rotate_secret, "InvalidRequestException",
            "No Lambda rotation function ARN is associated with this secret.", SecretId=secret)
    refused(secrets.rotate_secret, "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
            "the principal secretsmanager.amazonaws.com.", SecretId=secret,
            RotationLambdaARN="arn:aws:lambda:us-east-1:000000000000:function:none")
    assert "RotationEnabled" not in secrets.describe_secret(SecretId=secret)
    refused(secrets.replicate_secret_to_regions, "NotImplementedException", SecretId=secret, AddReplicaRegions=[{"Region": "eu-west-1"}])
    refused(secrets.create_secret, "InvalidParameterException", Name="x", AddReplicaRegions=[{"Region": "eu-west-1"}])


run(globals())

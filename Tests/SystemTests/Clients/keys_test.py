"""boto3 against KMS, the Parameter Store and STS."""
import base64
import hashlib
import json
import uuid

import boto3
from botocore.exceptions import ClientError

from harness import READY, run

options = dict(endpoint_url=READY["services"], region_name="us-east-1", aws_access_key_id="test",
               aws_secret_access_key="test")
kms = boto3.client("kms", **options)
ssm = boto3.client("ssm", **options)
sts = boto3.client("sts", **options)
ACCOUNT = "000000000000"


def refused(call, code, message=None, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code, got
        if message is not None:
            assert got["Message"] == message, got
        return error.response
    raise AssertionError(f"not refused with {code}")


def test_keys_live_and_end():
    key = kms.create_key(Description="first", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    id, arn = key["KeyId"], key["Arn"]
    assert arn == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}" and key["KeyState"] == "Enabled", key
    assert key["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"] and key["KeyManager"] == "CUSTOMER", key
    kms.update_key_description(KeyId=id, Description="second")
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["Description"] == "second"
    kms.disable_key(KeyId=id)
    refused(kms.encrypt, "DisabledException", f"{arn} is disabled.", KeyId=id, Plaintext=b"x")
    kms.enable_key(KeyId=id)
    kms.tag_resource(KeyId=id, Tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(KeyId=id, TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=id)["Tags"] == [{"TagKey": "b", "TagValue": "2"}]
    assert "kms:*" in kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"]
    assert kms.list_key_policies(KeyId=id)["PolicyNames"] == ["default"]
    kms.put_key_policy(KeyId=id, PolicyName="default", Policy='{"Statement": []}')
    assert kms.get_key_policy(KeyId=id)["Policy"] == '{"Statement": []}'
    answer = kms.schedule_key_deletion(KeyId=id, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion" and answer["KeyId"] == arn, answer
    refused(kms.encrypt, "KMSInvalidStateException", f"{arn} is pending deletion.", KeyId=id, Plaintext=b"x")
    kms.cancel_key_deletion(KeyId=id)
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] == "Disabled"
    seen = [k["KeyId"] for page in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1})
            for k in page["Keys"]]
    assert id in seen and len(seen) == len(set(seen)), seen


def test_names_of_keys():
    id, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in "ab")
    name = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=name, TargetKeyId=id)
    alias_arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:{name}"
    refused(kms.create_alias, "AlreadyExistsException", f"An alias with the name {alias_arn} already exists",
            AliasName=name, TargetKeyId=id)
    for form in [id, name, alias_arn, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}"]:
        assert kms.describe_key(KeyId=form)["KeyMetadata"]["KeyId"] == id, form
    kms.update_alias(AliasName=name, TargetKeyId=other)
    assert [a["AliasName"] for a in kms.list_aliases(KeyId=other)["Aliases"]] == [name]
    kms.delete_alias(AliasName=name)
    refused(kms.describe_key, "NotFoundException", f"Alias {alias_arn} is not found.", KeyId=name)
    refused(kms.describe_key, "NotFoundException", "Invalid keyId 'fake-key-id'", KeyId="fake-key-id")
    absent = str(uuid.uuid4())
    refused(kms.describe_key, "NotFoundException",
            f"Key 'arn:aws:kms:us-east-1:{ACCOUNT}:key/{absent}' does not exist", KeyId=absent)
    refused(kms.describe_key, "NotFoundException", "Invalid arn eu-west-1",
            KeyId=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{id}")
    refused(kms.create_alias, "ValidationException", AliasName="nothing", TargetKeyId=id)


def test_ciphertext_knows_its_key_and_context():
    id, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in "ab")
    context = {"tenant": "a", "purpose": "test"}
    blob = kms.encrypt(KeyId=id, Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=dict(reversed(context.items())))
    assert opened["Plaintext"] == b"secret" and opened["KeyId"].endswith(id), opened
    for changed in [{}, {"tenant": "a"}, {"tenant": "b", "purpose": "test"}]:
        refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob, EncryptionContext=changed)
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=b"nonsense")
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]),
            EncryptionContext=context)
    refused(kms.decrypt, "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
            CiphertextBlob=blob, EncryptionContext=context, KeyId=other)
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other)["Plaintext"] == b"secret"
    kms.rotate_key_on_demand(KeyId=id)
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"secret"
    fresh = kms.encrypt(KeyId=id, Plaintext=b"new")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=fresh)["Plaintext"] == b"new"
    assert [r["RotationType"] for r in kms.list_key_rotations(KeyId=id)["Rotations"]] == ["ON_DEMAND"]
    kms.enable_key_rotation(KeyId=id, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=id)
    assert status["KeyRotationEnabled"] and status["RotationPeriodInDays"] == 180, status
    kms.disable_key_rotation(KeyId=id)
    assert kms.get_key_rotation_status(KeyId=id)["KeyRotationEnabled"] is False


def test_data_keys():
    id = kms.create_key()["KeyMetadata"]["KeyId"]
    for arguments, size in [(dict(KeySpec="AES_256"), 32), (dict(KeySpec="AES_128"), 16), (dict(NumberOfBytes=64), 64)]:
        made = kms.generate_data_key(KeyId=id, **arguments)
        assert len(made["Plaintext"]) == size
        assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    assert "Plaintext" not in kms.generate_data_key_without_plaintext(KeyId=id, KeySpec="AES_256")
    refused(kms.generate_data_key, "ValidationException", KeyId=id)
    pair = kms.generate_data_key_pair(KeyId=id, KeyPairSpec="ECC_NIST_P256")
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert opened == pair["PrivateKeyPlaintext"] and pair["PublicKey"][0] == 0x30
    assert len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]) == 1024
    refused(kms.generate_random, "ValidationException", "NumberOfBytes is required.")
    refused(kms.generate_random, "ValidationException",
            "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must "
            "have value less than or equal to 1024", NumberOfBytes=1025)
    refused(kms.encrypt, "DryRunOperationException", KeyId=id, Plaintext=b"x", DryRun=True)


def test_signatures():
    cases = [("RSA_2048", "RSASSA_PSS_SHA_256", hashlib.sha256), ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", hashlib.sha512),
             ("ECC_NIST_P256", "ECDSA_SHA_256", hashlib.sha256), ("ECC_NIST_P384", "ECDSA_SHA_384", hashlib.sha384),
             ("ECC_NIST_P521", "ECDSA_SHA_512", hashlib.sha512), ("ECC_SECG_P256K1", "ECDSA_SHA_256", hashlib.sha256)]
    for spec, algorithm, digest in cases:
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        assert algorithm in key["SigningAlgorithms"], key
        signature = kms.sign(KeyId=key["KeyId"], Message=b"message", SigningAlgorithm=algorithm)["Signature"]
        # What was signed as a message is a signature of its digest.
        assert kms.verify(KeyId=key["KeyId"], Message=digest(b"message").digest(), MessageType="DIGEST",
                          Signature=signature, SigningAlgorithm=algorithm)["SignatureValid"] is True
        refused(kms.verify, "KMSInvalidSignatureException", KeyId=key["KeyId"], Message=b"other",
                Signature=signature, SigningAlgorithm=algorithm)
        refused(kms.sign, "ValidationException", f"Digest is invalid length for algorithm {algorithm}.",
                KeyId=key["KeyId"], Message=b"short", MessageType="DIGEST", SigningAlgorithm=algorithm)
        public = kms.get_public_key(KeyId=key["KeyId"])
        assert public["PublicKey"][0] == 0x30 and public["KeySpec"] == spec, public
        refused(kms.encrypt, "InvalidKeyUsageException",
                f"{key['Arn']} key usage is SIGN_VERIFY which is not valid for Encrypt.",
                KeyId=key["KeyId"], Plaintext=b"x")
    refused(kms.create_key, "ValidationException", KeySpec="RSA_2048")


def test_rsa_encrypts():
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    for algorithm, most in [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)]:
        blob = kms.encrypt(KeyId=key, Plaintext=b"y" * most, EncryptionAlgorithm=algorithm)["CiphertextBlob"]
        assert kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)["Plaintext"] == b"y" * most
        refused(kms.encrypt, "ValidationException",
                f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes.",
                KeyId=key, Plaintext=b"y" * (most + 1), EncryptionAlgorithm=algorithm)


def test_codes():
    for size in (224, 256, 384, 512):
        key = kms.create_key(KeySpec=f"HMAC_{size}", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
        algorithm = f"HMAC_SHA_{size}"
        mac = kms.generate_mac(KeyId=key, Message=b"message", MacAlgorithm=algorithm)["Mac"]
        assert len(mac) * 8 == size
        assert kms.verify_mac(KeyId=key, Message=b"message", MacAlgorithm=algorithm, Mac=mac)["MacValid"]
        refused(kms.verify_mac, "KMSInvalidMacException", KeyId=key, Message=b"other", MacAlgorithm=algorithm, Mac=mac)
    refused(kms.generate_mac, "ValidationException",
            "1 validation error detected: Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must "
            "satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
            KeyId=key, Message=b"x", MacAlgorithm="INVALID")
    refused(kms.generate_mac, "InvalidKeyUsageException", "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_512.",
            KeyId=key, Message=b"x", MacAlgorithm="HMAC_SHA_256")


def test_grants():
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    principal = f"arn:aws:iam::{ACCOUNT}:role/reader"
    made = kms.create_grant(KeyId=key, GranteePrincipal=principal, RetiringPrincipal=principal, Operations=["Decrypt"],
                            Name="one")
    again = kms.create_grant(KeyId=key, GranteePrincipal=principal, Operations=["Decrypt"], Name="one")
    assert made["GrantId"] == again["GrantId"]
    assert [g["Operations"] for g in kms.list_grants(KeyId=key)["Grants"]] == [["Decrypt"]]
    assert len(kms.list_retirable_grants(RetiringPrincipal=principal)["Grants"]) >= 1
    kms.retire_grant(GrantToken=made["GrantToken"])
    refused(kms.revoke_grant, "InvalidGrantIdException", KeyId=key, GrantId=made["GrantId"])
    refused(kms.replicate_key, "NotImplementedException", "martlet's KMS does not play the operation ReplicateKey.",
            KeyId=key, ReplicaRegion="eu-west-1")


def test_parameters():
    base = f"/test-{uuid.uuid4()}"
    assert ssm.put_parameter(Name=f"{base}/a", Value="1", Type="String", Description="d") ["Version"] == 1
    refused(ssm.put_parameter, "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            Name=f"{base}/a", Value="2", Type="String")
    assert ssm.put_parameter(Name=f"{base}/a", Value="2", Overwrite=True)["Version"] == 2
    got = ssm.get_parameter(Name=f"{base}/a")["Parameter"]
    assert got["Value"] == "2" and got["ARN"] == f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{base}/a", got
    assert ssm.get_parameter(Name=f"{base}/a:1")["Parameter"]["Value"] == "1"
    assert ssm.get_parameter(Name=got["ARN"])["Parameter"]["Value"] == "2"
    ssm.label_parameter_version(Name=f"{base}/a", ParameterVersion=1, Labels=["old"])
    assert ssm.get_parameter(Name=f"{base}/a:old")["Parameter"]["Selector"] == ":old"
    assert ssm.label_parameter_version(Name=f"{base}/a", Labels=["9bad"])["InvalidLabels"] == ["9bad"]
    refused(ssm.get_parameter, "ParameterVersionNotFound", Name=f"{base}/a:7")
    refused(ssm.get_parameter, "ParameterNotFound", Name=f"{base}/none")
    history = ssm.get_parameter_history(Name=f"{base}/a")["Parameters"]
    assert [(h["Version"], h["Value"], h["Labels"]) for h in history] == [(1, "1", ["old"]), (2, "2", [])], history
    both = ssm.get_parameters(Names=[f"{base}/a", f"{base}/none"])
    assert both["InvalidParameters"] == [f"{base}/none"] and len(both["Parameters"]) == 1
    refused(ssm.put_parameter, "ValidationException", "Parameter name must be a fully qualified name.",
            Name="a/b", Value="x", Type="String")
    refused(ssm.put_parameter, "ParameterPatternMismatchException", Name=f"{base}/n", Value="x", Type="String",
            AllowedPattern="^\\d+$")
    ssm.delete_parameter(Name=f"{base}/a")
    refused(ssm.delete_parameter, "ParameterNotFound", Name=f"{base}/a")


def test_secure_strings():
    name = f"/secure-{uuid.uuid4()}"
    ssm.put_parameter(Name=name, Value="geheim", Type="SecureString")
    sealed = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    assert "geheim" not in sealed and base64.b64decode(sealed)
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "geheim"
    assert kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["KeyManager"] == "AWS"
    described = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    assert described[0]["KeyId"] == "alias/aws/ssm" and "Value" not in described[0], described
    refused(ssm.put_parameter, "InvalidKeyId", Name=name + "x", Value="v", Type="SecureString", KeyId="alias/none")


def test_paths():
    base = f"/tree-{uuid.uuid4()}"
    for n in range(23):
        ssm.put_parameter(Name=f"{base}/p{n:02}", Value=str(n), Type="StringList")
    ssm.put_parameter(Name=f"{base}/deep/er", Value="x", Type="String", Tags=[{"Key": "k", "Value": "v"}])
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path=base))
    assert [len(p["Parameters"]) for p in pages] == [10, 10, 3]
    deep = [p["Name"] for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=base + "/", Recursive=True)
            for p in page["Parameters"]]
    assert len(deep) == 24 and deep == sorted(deep), deep
    only = ssm.get_parameters_by_path(Path=base, Recursive=True, ParameterFilters=[
        {"Key": "Type", "Option": "Equals", "Values": ["String"]}])["Parameters"]
    assert [p["Name"] for p in only] == [f"{base}/deep/er"]
    tagged = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:k", "Values": ["v"]},
                                                       {"Key": "Path", "Option": "Recursive", "Values": [base]}])
    assert len(tagged["Parameters"]) == 1
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=f"{base}/p00", Tags=[{"Key": "x", "Value": "y"}])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{base}/p00")["TagList"] == [
        {"Key": "x", "Value": "y"}]
    gone = ssm.delete_parameters(Names=[f"{base}/p00", f"{base}/none"])
    assert gone["DeletedParameters"] == [f"{base}/p00"] and gone["InvalidParameters"] == [f"{base}/none"]
    refused(ssm.get_parameters_by_path, "ValidationException", Path="no-slash")
    refused(ssm.send_command, "NotImplementedException", DocumentName="x")


def test_secrets_as_parameters():
    secrets = boto3.client("secretsmanager", **options)
    made = secrets.create_secret(Name=f"as-parameter/{uuid.uuid4()}", SecretString="one")
    name = "/aws/reference/secretsmanager/" + made["Name"]
    secrets.put_secret_value(SecretId=made["ARN"], SecretString="two")
    read = lambda name: ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    got = read(name)
    assert got["Value"] == "two" and got["Type"] == "SecureString" and got["Version"] == 0, got
    assert json.loads(got["SourceResult"])["ARN"] == made["ARN"]
    assert read(name + ":AWSPREVIOUS")["Value"] == read(f"{name}:{made['VersionId']}")["Value"] == "one"
    assert ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"][0]["Value"] == "two"
    refused(ssm.get_parameter, "ValidationException",
            "WithDecryption flag must be True for retrieving a Secret Manager secret.", Name=name)
    refused(ssm.get_parameter, "ParameterNotFound", "An error occurred (ParameterNotFound) when referencing Secrets Manager: "
            "Secret /aws/reference/secretsmanager/none not found.", Name="/aws/reference/secretsmanager/none", WithDecryption=True)


def test_tokens():
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/path/reader", RoleSessionName="me@here")
    assert role["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me@here", role
    given = role["Credentials"]
    as_role = boto3.client("sts", **(options | dict(
        aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"])))
    assert as_role.get_caller_identity()["Arn"] == role["AssumedRoleUser"]["Arn"]
    assert sts.get_session_token()["Credentials"]["AccessKeyId"].startswith("ASIA")
    claims = base64.urlsafe_b64encode(b'{"sub":"ana","iss":"https://issuer.test","aud":"me"}').decode().rstrip("=")
    web = sts.assume_role_with_web_identity(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/web", RoleSessionName="web",
                                            WebIdentityToken=f"e30.{claims}.c2ln")
    assert web["SubjectFromWebIdentityToken"] == "ana" and web["Audience"] == "me", web
    refused(sts.assume_role, "ValidationError",
            "1 validation error detected: Value '50000' at 'durationSeconds' failed to satisfy constraint: Member must "
            "have value less than or equal to 43200", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/reader",
            RoleSessionName="me", DurationSeconds=50_000)
    refused(sts.decode_authorization_message, "NotImplementedException", EncodedMessage="x")


run(globals())

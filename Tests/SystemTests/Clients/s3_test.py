"""boto3 drives S3's operations on buckets and objects, with signatures checked: the same program passes against the
real service."""
import base64
import datetime
import hashlib
import json
import zlib

from s3_client import READY, bucket, http, put, refused, run_and_end, s3


# --- Buckets

def test_buckets():
    name = bucket()
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    page = s3.list_buckets(MaxBuckets=1)
    assert len(page["Buckets"]) == 1 and page["ContinuationToken"], page
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.create_bucket(Bucket=name)
    put(name, "k")
    refused(lambda: s3.delete_bucket(Bucket=name), "BucketNotEmpty", 409)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    refused(lambda: s3.head_bucket(Bucket=name), "404", 404)
    refused(lambda: s3.list_objects_v2(Bucket=name), "NoSuchBucket", 404)
    for bad in ["openai", "model", "Upper", "a..b", "192.168.5.4", "xn--a"]:
        refused(lambda: s3.create_bucket(Bucket=bad), "InvalidBucketName", 400)
    there = bucket(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket=there)["LocationConstraint"] == "eu-west-1"


def test_settings():
    name = bucket()
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_bucket_tagging(Bucket=name)
    refused(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet", 404)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}]})
    refused(lambda: s3.get_bucket_policy(Bucket=name), "NoSuchBucketPolicy", 404)
    s3.put_bucket_policy(Bucket=name, Policy=policy)
    assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) == json.loads(policy)
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"] is True
    s3.delete_bucket_policy(Bucket=name)
    refused(lambda: s3.put_bucket_policy(Bucket=name, Policy="x"), "MalformedPolicy", 400)
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == block
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    assert s3.get_bucket_website(Bucket=name)["IndexDocument"]["Suffix"] == "index.html"
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=name)
    refused(lambda: s3.get_object_lock_configuration(Bucket=name), "ObjectLockConfigurationNotFoundError", 404)
    refused(lambda: s3.get_bucket_replication(Bucket=name), "ReplicationConfigurationNotFoundError", 404)
    assert s3.get_bucket_request_payment(Bucket=name)["Payer"] == "BucketOwner"
    s3.get_bucket_logging(Bucket=name)
    s3.get_bucket_accelerate_configuration(Bucket=name)


def test_lifecycle():
    name = bucket()
    refused(lambda: s3.get_bucket_lifecycle_configuration(Bucket=name), "NoSuchLifecycleConfiguration", 404)

    def rules(*given):
        return s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": list(given)})
    rules({"Expiration": {"Days": 1}, "Filter": {"Prefix": "a/"}, "Status": "Enabled"},
          {"ID": "two", "Expiration": {"Date": datetime.datetime(2031, 1, 1)}, "Prefix": "b/", "Status": "Disabled"})
    found = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert found[0]["ID"] and found[0]["Expiration"] == {"Days": 1} and found[1]["ID"] == "two", found
    rule = {"ID": "r", "Prefix": "", "Status": "Enabled", "Expiration": {"Days": 1}}
    refused(lambda: rules(rule | {"Expiration": {"Days": 0}}), "InvalidArgument", 400)
    refused(lambda: rules(rule | {"ID": "a" * 256}), "InvalidArgument", 400)
    refused(lambda: rules(rule, rule), "InvalidArgument", 400)
    refused(lambda: rules(rule | {"Status": "enabled"}), "MalformedXML", 400)
    s3.delete_bucket_lifecycle(Bucket=name)


def test_access_lists():
    name = bucket(ACL="public-read")
    grants = s3.get_bucket_acl(Bucket=name)["Grants"]
    assert [g["Permission"] for g in grants] == ["FULL_CONTROL", "READ"], grants
    assert grants[1]["Grantee"] == {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    put(name, "closed")
    s3.put_object(Bucket=name, Key="open", Body=b"seen", ACL="public-read")
    assert http(f"{READY['services']}/{name}/open")[2] == b"seen"
    assert http(f"{READY['services']}/{name}/closed")[0] == 403
    assert http(f"{READY['services']}/{name}?list-type=2")[0] == 200
    assert http(f"{READY['services']}/{name}/new", "PUT", b"x")[0] == 403
    s3.put_object_acl(Bucket=name, Key="closed", ACL="public-read")
    assert http(f"{READY['services']}/{name}/closed")[0] == 200
    whole = s3.get_object_acl(Bucket=name, Key="closed")
    s3.put_object_acl(Bucket=name, Key="open", AccessControlPolicy={"Owner": whole["Owner"], "Grants": whole["Grants"][:1]})
    assert len(s3.get_object_acl(Bucket=name, Key="open")["Grants"]) == 1
    s3.put_bucket_acl(Bucket=name, ACL="private")
    assert http(f"{READY['services']}/{name}?list-type=2")[0] == 403
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    refused(lambda: s3.put_object(Bucket=name, Key="k", ACL="public-read"), "AccessControlListNotSupported", 400)


# --- Objects

def test_objects():
    name = bucket()
    made = s3.put_object(Bucket=name, Key="a/é 1", Body=b"hello", Metadata={"One": "1"}, ContentType="text/x",
                         CacheControl="no-store", Tagging="t=1&u=%20", StorageClass="STANDARD_IA")
    assert made["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    got = s3.get_object(Bucket=name, Key="a/é 1")
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"one": "1"} and got["ContentType"] == "text/x"
    assert got["TagCount"] == 2 and got["CacheControl"] == "no-store" and got["StorageClass"] == "STANDARD_IA"
    head = s3.head_object(Bucket=name, Key="a/é 1", ChecksumMode="ENABLED")
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    assert head["ContentLength"] == 5 and head["ChecksumCRC32"] == crc and head["ChecksumType"] == "FULL_OBJECT", head
    changed = s3.get_object(Bucket=name, Key="a/é 1", ResponseContentType="a/b", ResponseContentDisposition="inline")
    assert changed["ContentType"] == "a/b" and changed["ContentDisposition"] == "inline"
    refused(lambda: s3.get_object(Bucket=name, Key="none"), "NoSuchKey", 404)
    refused(lambda: s3.put_object(Bucket=name, Key="k" * 1025), "KeyTooLongError", 400)
    s3.put_object(Bucket=name, Key="kms", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/x")
    head = s3.head_object(Bucket=name, Key="kms")
    assert head["ServerSideEncryption"] == "aws:kms" and head["SSEKMSKeyId"].endswith(":alias/x"), head


def test_ranges():
    name = bucket()
    put(name, "k", body=b"0123456789")

    def read(value):
        got = s3.get_object(Bucket=name, Key="k", Range=value)
        return got["Body"].read(), got.get("ContentRange"), got["ResponseMetadata"]["HTTPStatusCode"]
    assert read("bytes=2-4") == (b"234", "bytes 2-4/10", 206)
    assert read("bytes=7-") == (b"789", "bytes 7-9/10", 206)
    assert read("bytes=-3") == (b"789", "bytes 7-9/10", 206)
    assert read("bytes=5-99") == (b"56789", "bytes 5-9/10", 206)
    assert read("bytes=5-2")[2] == read("lines=1-2")[2] == 200
    refused(lambda: read("bytes=10-"), "InvalidRange", 416)


def test_conditions():
    name = bucket()
    tag = put(name, "k")[0]["ETag"]
    old, new = datetime.datetime(1994, 8, 29), datetime.datetime(2100, 1, 1)
    refused(lambda: s3.get_object(Bucket=name, Key="k", IfMatch='"ABC"'), "PreconditionFailed", 412)
    refused(lambda: s3.get_object(Bucket=name, Key="k", IfNoneMatch=tag), "304", 304)
    refused(lambda: s3.get_object(Bucket=name, Key="k", IfUnmodifiedSince=old), "PreconditionFailed", 412)
    s3.get_object(Bucket=name, Key="k", IfMatch=tag, IfModifiedSince=old)
    s3.get_object(Bucket=name, Key="k", IfUnmodifiedSince=new)
    refused(lambda: s3.put_object(Bucket=name, Key="k", IfNoneMatch="*"), "PreconditionFailed", 412)
    refused(lambda: s3.put_object(Bucket=name, Key="k", IfMatch='"ABC"'), "PreconditionFailed", 412)
    refused(lambda: s3.put_object(Bucket=name, Key="none", IfMatch=tag), "NoSuchKey", 404)
    s3.put_object(Bucket=name, Key="k", IfMatch=tag, Body=b"2")
    refused(lambda: s3.delete_object(Bucket=name, Key="k", IfMatch=tag), "PreconditionFailed", 412)
    done = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k", "ETag": "ABC"}, {"Key": "none"}]})
    assert [e["Code"] for e in done["Errors"]] == ["PreconditionFailed"] and len(done["Deleted"]) == 1, done


def test_copy():
    name = bucket()
    s3.put_object(Bucket=name, Key="a b?", Body=b"x", Metadata={"a": "1"}, Tagging="t=1", StorageClass="STANDARD_IA")
    source = {"Bucket": name, "Key": "a b?"}
    s3.copy_object(Bucket=name, Key="copy", CopySource=source)
    head = s3.head_object(Bucket=name, Key="copy")
    assert head["Metadata"] == {"a": "1"} and "StorageClass" not in head, head
    assert s3.get_object_tagging(Bucket=name, Key="copy")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(Bucket=name, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"},
                   TaggingDirective="REPLACE", Tagging="n=2", ChecksumAlgorithm="SHA256")
    head = s3.head_object(Bucket=name, Key="copy", ChecksumMode="ENABLED")
    assert head["Metadata"] == {"b": "2"}
    assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"x").digest()).decode(), head
    refused(lambda: s3.copy_object(Bucket=name, Key="a b?", CopySource=source), "InvalidRequest", 400)
    refused(lambda: s3.copy_object(Bucket=name, Key="c", CopySource=f"{name}/none"), "NoSuchKey", 404)
    refused(lambda: s3.copy_object(Bucket=name, Key="c", CopySource="none-such/k"), "NoSuchBucket", 404)
    refused(lambda: s3.copy_object(Bucket=name, Key="c", CopySource=source, CopySourceIfMatch='"A"'),
            "PreconditionFailed", 412)


def test_checksums():
    name = bucket()
    for kind in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
        try:
            made = s3.put_object(Bucket=name, Key=kind, Body=b"hello", ChecksumAlgorithm=kind)
        except Exception as error:  # what this client cannot compute it refuses before sending
            assert "botocore[crt]" in str(error), error
            continue
        got = s3.get_object(Bucket=name, Key=kind, ChecksumMode="ENABLED")
        assert got[f"Checksum{kind}"] == made[f"Checksum{kind}"], got
        assert s3.get_object_attributes(Bucket=name, Key=kind, ObjectAttributes=["Checksum"])["Checksum"] == {
            f"Checksum{kind}": made[f"Checksum{kind}"], "ChecksumType": "FULL_OBJECT"}
    refused(lambda: s3.put_object(Bucket=name, Key="k", Body=b"x", ChecksumSHA256="A" * 43 + "="), "BadDigest", 400)
    refused(lambda: s3.put_object(Bucket=name, Key="k", Body=b"x", ChecksumSHA256="bad"), "InvalidRequest", 400)
    refused(lambda: s3.put_object(Bucket=name, Key="k", Body=b"x", ContentMD5="A" * 22 + "=="), "BadDigest", 400)


def test_tags():
    name = bucket()
    put(name, "k")
    tags = [{"Key": f"k{n}", "Value": "ü" * 256} for n in range(10)]
    s3.put_object_tagging(Bucket=name, Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=name, Key="k")["TagSet"] == tags
    one = {"TagSet": [{"Key": "a" * 129, "Value": ""}]}
    refused(lambda: s3.put_object_tagging(Bucket=name, Key="k", Tagging=one), "InvalidTag", 400)
    more = {"TagSet": tags + [{"Key": "z", "Value": ""}]}
    refused(lambda: s3.put_object_tagging(Bucket=name, Key="k", Tagging=more), "BadRequest", 400)
    s3.delete_object_tagging(Bucket=name, Key="k")
    assert s3.get_object_tagging(Bucket=name, Key="k")["TagSet"] == []


# --- Listings

def test_listings():
    name = bucket()
    put(name, "foo+1/bar", "foo/bar/xyzzy", "quux ab/thud", "asdf+b", "z")
    found = s3.list_objects_v2(Bucket=name, Delimiter="/", EncodingType="url")
    assert [k["Key"] for k in found["Contents"]] == ["asdf%2Bb", "z"], found
    assert [p["Prefix"] for p in found["CommonPrefixes"]] == ["foo%2B1/", "foo/", "quux%20ab/"], found
    keys, token = [], None
    while True:
        page = s3.list_objects_v2(Bucket=name, MaxKeys=2, **({"ContinuationToken": token} if token else {}))
        assert page["KeyCount"] <= 2
        keys += [k["Key"] for k in page.get("Contents", [])]
        token = page.get("NextContinuationToken")
        if not page["IsTruncated"]:
            break
    assert keys == ["asdf+b", "foo+1/bar", "foo/bar/xyzzy", "quux ab/thud", "z"], keys
    page = s3.list_objects(Bucket=name, MaxKeys=1, Marker="foo/bar/xyzzy")
    assert page["Contents"][0]["Key"] == "quux ab/thud" and page["Contents"][0]["Owner"]["ID"], page
    assert s3.list_objects_v2(Bucket=name, StartAfter="q")["KeyCount"] == 2
    assert s3.list_objects_v2(Bucket=name, MaxKeys=0)["KeyCount"] == 0
    assert s3.list_objects_v2(Bucket=name, FetchOwner=True)["Contents"][0]["Owner"]["ID"]


def test_versions():
    name = bucket()
    plain = put(name, "k", body=b"0")[0]
    assert "VersionId" not in plain and "Status" not in s3.get_bucket_versioning(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    ids = [made["VersionId"] for made in put(name, "k", "k", "k")]
    marker = s3.delete_object(Bucket=name, Key="k")
    assert marker["DeleteMarker"] is True
    missing = refused(lambda: s3.get_object(Bucket=name, Key="k"), "NoSuchKey", 404)
    assert missing["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    refused(lambda: s3.get_object(Bucket=name, Key="k", VersionId=marker["VersionId"]), "MethodNotAllowed", 405)
    refused(lambda: s3.copy_object(Bucket=name, Key="c", CopySource={
        "Bucket": name, "Key": "k", "VersionId": marker["VersionId"]}), "InvalidRequest", 400)
    s3.put_object(Bucket=name, Key="k", IfNoneMatch="*", Body=b"after the marker")
    found, options = [], {}
    while True:
        page = s3.list_object_versions(Bucket=name, MaxKeys=2, **options)
        found += [(v["Key"], v["VersionId"]) for v in page.get("Versions", []) + page.get("DeleteMarkers", [])]
        if not page["IsTruncated"]:
            break
        options = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert len(found) == len(set(found)) == 6, found
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    put(name, "k", body=b"null again")
    assert s3.get_object(Bucket=name, Key="k", VersionId="null")["Body"].read() == b"null again"
    copy = s3.copy_object(Bucket=name, Key="old", CopySource={"Bucket": name, "Key": "k", "VersionId": ids[0]})
    assert copy["CopySourceVersionId"] == ids[0]
    page = s3.list_object_versions(Bucket=name)
    every = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in page["Versions"] + page["DeleteMarkers"]]
    done = s3.delete_objects(Bucket=name, Delete={"Objects": every})
    assert len(done["Deleted"]) == len(every) and "Errors" not in done, done
    s3.delete_bucket(Bucket=name)


run_and_end(globals())

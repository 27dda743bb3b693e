"""What a bucket says of its objects: locks, archives, keys, defaults; and settings that are kept under an id."""
import base64
import datetime
import hashlib
import os

from s3_client import bucket, client, put, refused, run_and_end, s3

now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)


def message(call, code, status, **details):
    error = refused(call, code, status)["Error"]
    for name, value in details.items():
        assert error.get(name) == value, (error, name, value)
    return error["Message"]


def test_defaults_of_a_bucket():
    name = bucket()
    rules = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}], rules
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    s3.delete_bucket_ownership_controls(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    refused(lambda: s3.get_bucket_ownership_controls(Bucket=name), "OwnershipControlsNotFoundError", 404)
    refused(lambda: s3.get_public_access_block(Bucket=name), "NoSuchPublicAccessBlockConfiguration", 404)
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": rules})
    refused(lambda: s3.put_bucket_acl(Bucket=name, ACL="public-read"), "AccessControlListNotSupported", 400)
    refused(lambda: s3.put_object(Bucket=name, Key="k", ACL="public-read"), "AccessControlListNotSupported", 400)
    s3.put_object(Bucket=name, Key="k", ACL="private")
    refused(lambda: bucket(ACL="public-read", ObjectOwnership="BucketOwnerEnforced"),
            "InvalidBucketAclWithObjectOwnership", 400)


def test_where_a_bucket_is():
    elsewhere = client(region="eu-west-2")
    place = {"LocationConstraint": "eu-west-2"}
    made = s3.create_bucket(Bucket="in-london", CreateBucketConfiguration=place)
    assert made["Location"] == "http://in-london.s3.amazonaws.com/"
    assert s3.get_bucket_location(Bucket="in-london")["LocationConstraint"] == "eu-west-2"
    assert s3.head_bucket(Bucket="in-london")["BucketRegion"] == "eu-west-2"
    refused(lambda: s3.create_bucket(Bucket="in-london", CreateBucketConfiguration=place), "BucketAlreadyOwnedByYou", 409)
    refused(lambda: elsewhere.list_buckets(), "AuthorizationHeaderMalformed", 400)  # signed for another region


def test_tags_of_a_bucket():
    name = bucket(CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "lark"}]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "lark"}]
    for key, value, text in [("aws:x", "1", "System tags cannot be added/updated by requester"),
                             ("a,b", "1", "The TagKey you have provided is invalid"),
                             ("a", "1,2", "The TagValue you have provided is invalid")]:
        tags = {"TagSet": [{"Key": key, "Value": value}]}
        said = message(lambda: s3.put_bucket_tagging(Bucket=name, Tagging=tags), "InvalidTag", 400, TagKey=key)
        assert said == text, said
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": []})
    refused(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet", 404)
    refused(lambda: s3.put_object_lock_configuration(Bucket=name), "MissingRequestBodyError", 400)


def test_versions_that_never_were():
    name = bucket()
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    version = put(name, "k")[0]["VersionId"]
    s3.delete_object(Bucket=name, Key="k", VersionId=version)
    refused(lambda: s3.get_object(Bucket=name, Key="k", VersionId=version), "NoSuchVersion", 404)
    wrong = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"
    message(lambda: s3.get_object(Bucket=name, Key="k", VersionId=wrong), "InvalidArgument", 400,
            ArgumentName="versionId", ArgumentValue=wrong)
    refused(lambda: s3.delete_object(Bucket=name, Key="k", VersionId=wrong), "InvalidArgument", 400)
    marker = s3.delete_object(Bucket=name, Key="k")["VersionId"]
    for call, method in [(s3.get_object, "GET"), (s3.get_object_tagging, "GET"), (s3.delete_object_tagging, "DELETE")]:
        message(lambda: call(Bucket=name, Key="k", VersionId=marker), "MethodNotAllowed", 405, Method=method,
                ResourceType="DeleteMarker")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in put(name, "k")[0]
    assert s3.get_object(Bucket=name, Key="k")["VersionId"] == "null"


def test_retention():
    name = bucket(ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    refused(lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}),
            "InvalidBucketState", 409)
    held = s3.put_object(Bucket=name, Key="k", Body=b"1", ObjectLockMode="GOVERNANCE",
                         ObjectLockRetainUntilDate=now + day)["VersionId"]
    found = s3.head_object(Bucket=name, Key="k")
    assert found["ObjectLockMode"] == "GOVERNANCE" and found["ObjectLockRetainUntilDate"] > now
    refused(lambda: s3.delete_object(Bucket=name, Key="k", VersionId=held), "AccessDenied", 403)
    failed = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k", "VersionId": held}]})["Errors"]
    assert [f["Code"] for f in failed] == ["AccessDenied"], failed
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": now + day / 2}
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": now + day * 2}
    refused(lambda: s3.put_object_retention(Bucket=name, Key="k", Retention=shorter), "AccessDenied", 403)
    s3.put_object_retention(Bucket=name, Key="k", Retention=longer)
    s3.put_object_retention(Bucket=name, Key="k", Retention=shorter, BypassGovernanceRetention=True)
    assert s3.get_object_retention(Bucket=name, Key="k")["Retention"]["Mode"] == "GOVERNANCE"
    marker = s3.delete_object(Bucket=name, Key="k")
    assert marker["DeleteMarker"]
    refused(lambda: s3.get_object_retention(Bucket=name, Key="k"), "MethodNotAllowed", 405)
    s3.delete_object(Bucket=name, Key="k", VersionId=held, BypassGovernanceRetention=True)
    kept = s3.put_object(Bucket=name, Key="c", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=now + day)
    refused(lambda: s3.delete_object(Bucket=name, Key="c", VersionId=kept["VersionId"],
                                     BypassGovernanceRetention=True), "AccessDenied", 403)
    refused(lambda: s3.put_object_retention(Bucket=name, Key="c", Retention=shorter, BypassGovernanceRetention=True),
            "AccessDenied", 403)


def test_holds_and_defaults():
    name = bucket(ObjectLockEnabledForBucket=True)
    version = put(name, "k")[0]["VersionId"]
    refused(lambda: s3.get_object_legal_hold(Bucket=name, Key="k"), "NoSuchObjectLockConfiguration", 404)
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "ON"})
    refused(lambda: s3.delete_object(Bucket=name, Key="k", VersionId=version, BypassGovernanceRetention=True),
            "AccessDenied", 403)
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "OFF"})
    assert s3.head_object(Bucket=name, Key="k")["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(Bucket=name, Key="k", VersionId=version)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=rule)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == rule
    put(name, "d")
    assert s3.head_object(Bucket=name, Key="d")["ObjectLockMode"] == "GOVERNANCE"
    rule["Rule"]["DefaultRetention"]["Days"] = 0
    said = message(lambda: s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=rule),
                   "InvalidArgument", 400, ArgumentName="Days")
    assert said == "Default retention period must be a positive integer value.", said
    plain = bucket()
    put(plain, "k")
    refused(lambda: s3.get_object_lock_configuration(Bucket=plain), "ObjectLockConfigurationNotFoundError", 404)
    refused(lambda: s3.put_object_lock_configuration(Bucket=plain, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled"}), "InvalidBucketState", 409)
    refused(lambda: s3.get_object_retention(Bucket=plain, Key="k"), "InvalidRequest", 400)
    refused(lambda: s3.put_object(Bucket=plain, Key="k", ObjectLockLegalHoldStatus="ON"), "InvalidRequest", 400)
    refused(lambda: s3.delete_object(Bucket=plain, Key="k", BypassGovernanceRetention=True), "InvalidArgument", 400)


def test_keys_of_customers():
    name, key = bucket(), os.urandom(32)
    own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}
    made = s3.put_object(Bucket=name, Key="k", Body=b"secret", **own)
    assert made["SSECustomerKeyMD5"] == base64.b64encode(hashlib.md5(key).digest()).decode()
    assert "ServerSideEncryption" not in made
    assert s3.get_object(Bucket=name, Key="k", **own)["Body"].read() == b"secret"
    refused(lambda: s3.get_object(Bucket=name, Key="k"), "InvalidRequest", 400)
    other = dict(own, SSECustomerKey=os.urandom(32))
    refused(lambda: s3.get_object(Bucket=name, Key="k", **other), "AccessDenied", 403)
    put(name, "plain")
    refused(lambda: s3.get_object(Bucket=name, Key="plain", **own), "InvalidRequest", 400)
    s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/k", CopySourceSSECustomerAlgorithm="AES256",
                   CopySourceSSECustomerKey=key)
    assert s3.get_object(Bucket=name, Key="copy")["Body"].read() == b"secret"
    id = s3.create_multipart_upload(Bucket=name, Key="parts", **own)["UploadId"]
    refused(lambda: s3.upload_part(Bucket=name, Key="parts", UploadId=id, PartNumber=1, Body=b"x"), "InvalidRequest", 400)
    s3.upload_part(Bucket=name, Key="parts", UploadId=id, PartNumber=1, Body=b"x", **own)


def test_keys_of_the_service():
    name = bucket()
    usual = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "1234"},
             "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [usual]})
    made = put(name, "k")[0]
    assert made["ServerSideEncryption"] == "aws:kms" and made["BucketKeyEnabled"], made
    assert made["SSEKMSKeyId"] == "arn:aws:kms:us-east-1:000000000000:key/1234", made
    assert s3.head_object(Bucket=name, Key="k")["SSEKMSKeyId"] == made["SSEKMSKeyId"]
    plain = s3.put_object(Bucket=name, Key="p", ServerSideEncryption="AES256")
    assert plain["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in plain
    s3.copy_object(Bucket=name, Key="p", CopySource=f"{name}/p")  # in place: the bucket's rule changes it
    s3.delete_bucket_encryption(Bucket=name)
    assert put(name, "k")[0]["ServerSideEncryption"] == "AES256"
    usual["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] = "AES256"
    refused(lambda: s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [usual]}),
            "InvalidArgument", 400)


def test_archives():
    name = bucket()
    s3.put_object(Bucket=name, Key="k", Body=b"cold", StorageClass="DEEP_ARCHIVE")
    message(lambda: s3.get_object(Bucket=name, Key="k"), "InvalidObjectState", 403, StorageClass="DEEP_ARCHIVE")
    refused(lambda: s3.copy_object(Bucket=name, Key="c", CopySource=f"{name}/k"), "ObjectNotInActiveTierError", 403)
    restored = s3.restore_object(Bucket=name, Key="k", RestoreRequest={"Days": 1})
    assert restored["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"cold"
    assert s3.head_object(Bucket=name, Key="k")["Restore"].startswith('ongoing-request="false", expiry-date="')
    again = s3.restore_object(Bucket=name, Key="k", RestoreRequest={"Days": 2})
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 200
    put(name, "warm")
    refused(lambda: s3.restore_object(Bucket=name, Key="warm", RestoreRequest={"Days": 1}), "InvalidObjectState", 403)


def test_ends_by_rules():
    name = bucket()
    rule = {"ID": "short", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "Expiration": {"Days": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    made = put(name, "tmp/a", "kept")
    assert 'rule-id="short"' in made[0]["Expiration"] and "Expiration" not in made[1]
    assert s3.head_object(Bucket=name, Key="tmp/a")["Expiration"] == made[0]["Expiration"]
    assert "Expiration" not in s3.head_object(Bucket=name, Key="tmp/a", VersionId="null")
    for part, code in [({"ObjectSizeGreaterThan": 1, "Prefix": "a"}, "MalformedXML"),
                       ({"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]}},
                        "InvalidRequest")]:
        wrong = {"Rules": [dict(rule, Filter=part)]}
        refused(lambda: s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=wrong), code, 400)


def test_conditions_of_completion():
    name = bucket()

    def upload():
        id = s3.create_multipart_upload(Bucket=name, Key="k")["UploadId"]
        tag = s3.upload_part(Bucket=name, Key="k", UploadId=id, PartNumber=1, Body=b"x")["ETag"]
        return {"UploadId": id, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": tag}]}}
    tag = put(name, "k")[0]["ETag"]
    wanted = upload()

    def complete(**conditions):
        return s3.complete_multipart_upload(Bucket=name, Key="k", **wanted, **conditions)
    refused(lambda: complete(IfNoneMatch="*"), "PreconditionFailed", 412)
    s3.delete_object(Bucket=name, Key="k")
    message(lambda: complete(IfNoneMatch="*"), "ConditionalRequestConflict", 409, Condition="If-None-Match", Key="k")
    refused(lambda: complete(IfMatch=tag), "NoSuchKey", 404)
    wanted = upload()
    complete(IfNoneMatch="*")
    tag = put(name, "k")[0]["ETag"]
    for form in [tag, tag.strip('"'), tag[1:]]:
        s3.put_object(Bucket=name, Key="k", Body=b"x", IfMatch=form)
    message(lambda: s3.put_object(Bucket=name, Key="k", IfMatch="*"), "NotImplemented", 501, Header="If-Match")
    message(lambda: s3.put_object(Bucket=name, Key="k", IfMatch=tag, IfNoneMatch="*"), "NotImplemented", 501,
            Header="If-Match,If-None-Match")


def test_settings_under_an_id():
    name = bucket()
    for kind, key, ask in [("metrics", "MetricsConfiguration", {"Filter": {"Prefix": "a/"}}),
                           ("analytics", "AnalyticsConfiguration", {"StorageClassAnalysis": {}}),
                           ("intelligent_tiering", "IntelligentTieringConfiguration", {
                               "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}),
                           ("inventory", "InventoryConfiguration", {
                               "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
                               "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{name}",
                                                                       "Format": "CSV"}}})]:
        def call(verb, plural="", **given):
            return getattr(s3, f"{verb}_bucket_{kind}_configuration{plural}")(Bucket=name, **given)
        for id in ["two", "one"]:
            call("put", Id=id, **{key: {"Id": id, **ask}})
        assert call("get", Id="one")[key]["Id"] == "one"
        listed = call("list", "s")
        assert [c["Id"] for c in listed[f"{key}List"]] == ["one", "two"] and not listed["IsTruncated"], listed
        refused(lambda: call("put", Id="three", **{key: {"Id": "four", **ask}}), "IdMismatch", 400)
        call("delete", Id="one")
        refused(lambda: call("get", Id="one"), "NoSuchConfiguration", 404)
        refused(lambda: call("delete", Id="one"), "NoSuchConfiguration", 404)


def test_markers_within_what_is_rolled_up():
    name = bucket()
    put(name, "a/b/1", "a/b/2", "a/c", "a/d")
    for call, marker in [(s3.list_objects, "Marker"), (s3.list_objects_v2, "StartAfter"),
                         (s3.list_object_versions, "KeyMarker")]:
        page = call(Bucket=name, Prefix="a/", Delimiter="/", MaxKeys=1, **{marker: "a/b/1"})
        found = page.get("Contents", page.get("Versions"))
        assert "CommonPrefixes" not in page and [o["Key"] for o in found] == ["a/c"], page
    ids = [s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"] for key in ["a/b/1", "a/c"]]
    page = s3.list_multipart_uploads(Bucket=name, Prefix="a/", Delimiter="/", KeyMarker="a/b/1")
    assert [u["UploadId"] for u in page["Uploads"]] == ids[1:] and "CommonPrefixes" not in page, page
    message(lambda: s3.list_multipart_uploads(Bucket=name, KeyMarker="a/c", UploadIdMarker=ids[0]), "InvalidArgument",
            400, ArgumentName="upload-id-marker")
    refused(lambda: s3.complete_multipart_upload(Bucket=name, Key="a/c", UploadId="none"), "NoSuchUpload", 404)
    refused(lambda: s3.complete_multipart_upload(Bucket=name, Key="a/c", UploadId=ids[1]), "InvalidRequest", 400)


def test_buckets_by_place():
    bucket(CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
    page = s3.list_buckets(BucketRegion="ap-south-1")
    assert [b["BucketRegion"] for b in page["Buckets"]] == ["ap-south-1"], page
    assert all("BucketRegion" not in b for b in s3.list_buckets()["Buckets"])
    assert {b["BucketRegion"] for b in s3.list_buckets(Prefix="bucket-0")["Buckets"]} == {"us-east-1"}


def test_replication():
    name, target = bucket(), bucket()
    rules = {"Role": "arn:aws:iam::000000000000:role/r", "Rules": [{
        "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""}, "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"}}]}
    ask = lambda: s3.put_bucket_replication(Bucket=name, ReplicationConfiguration=rules)
    refused(lambda: s3.get_bucket_replication(Bucket=name), "ReplicationConfigurationNotFoundError", 404)
    refused(ask, "InvalidRequest", 400)
    for one in [name, target]:
        s3.put_bucket_versioning(Bucket=one, VersioningConfiguration={"Status": "Enabled"})
    ask()
    assert s3.get_bucket_replication(Bucket=name)["ReplicationConfiguration"]["Rules"][0]["Status"] == "Enabled"


run_and_end(globals())

"""boto3 drives S3's uploads in parts and from forms, its rules for pages and its signatures."""
import base64
import hashlib
import os
import zlib

from s3_client import READY, bucket, client, http, put, refused, run_and_end, s3


# --- Uploads in parts

def upload(name, key, sizes, **options):
    begun = s3.create_multipart_upload(Bucket=name, Key=key, **options)
    parts = []
    kind = {"ChecksumAlgorithm": options["ChecksumAlgorithm"]} if "ChecksumAlgorithm" in options else {}
    for number, size in enumerate(sizes, 1):
        made = s3.upload_part(Bucket=name, Key=key, UploadId=begun["UploadId"], PartNumber=number,
                              Body=bytes([number]) * size, **kind)
        sums = {k: v for k, v in made.items() if k.startswith("Checksum") and kind}
        parts.append({"PartNumber": number, "ETag": made["ETag"]} | sums)
    return begun["UploadId"], parts


def complete(name, key, id, parts, **options):
    return s3.complete_multipart_upload(Bucket=name, Key=key, UploadId=id, MultipartUpload={"Parts": parts}, **options)


def test_parts():
    name = bucket()
    size = 5 << 20
    id, parts = upload(name, "big", [size, size, 10], ContentType="text/x", Metadata={"a": "1"})
    refused(lambda: complete(name, "big", id, []), "MalformedXML", 400)
    refused(lambda: complete(name, "big", id, parts[::-1]), "InvalidPartOrder", 400)
    wrong = parts[:2] + [{"PartNumber": 3, "ETag": '"' + "f" * 32 + '"'}]
    refused(lambda: complete(name, "big", id, wrong), "InvalidPart", 400)
    listed = s3.list_parts(Bucket=name, Key="big", UploadId=id, MaxParts=2)
    assert [p["PartNumber"] for p in listed["Parts"]] == [1, 2] and listed["IsTruncated"], listed
    assert s3.list_parts(Bucket=name, Key="big", UploadId=id, PartNumberMarker=2)["Parts"][0]["Size"] == 10
    done = complete(name, "big", id, parts)
    tags = b"".join(bytes.fromhex(p["ETag"].strip('"')) for p in parts)
    assert done["ETag"] == f'"{hashlib.md5(tags).hexdigest()}-3"', done
    assert complete(name, "big", id, parts)["ETag"] == done["ETag"]
    got = s3.get_object(Bucket=name, Key="big", ChecksumMode="ENABLED")
    body = got["Body"].read()
    assert body == b"\1" * size + b"\2" * size + b"\3" * 10 and got["ContentType"] == "text/x"
    part = s3.get_object(Bucket=name, Key="big", PartNumber=3)
    assert part["Body"].read() == b"\3" * 10 and part["PartsCount"] == 3, part
    put(name, "whole", body=body)
    copy = s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": "big"})
    assert copy["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    id, small = upload(name, "small", [10, 10])
    refused(lambda: complete(name, "small", id, small), "EntityTooSmall", 400)
    s3.abort_multipart_upload(Bucket=name, Key="small", UploadId=id)
    refused(lambda: s3.abort_multipart_upload(Bucket=name, Key="small", UploadId=id), "NoSuchUpload", 404)


def test_checksums_of_parts():
    name = bucket()
    size = 5 << 20
    id, parts = upload(name, "sha", [size, 10], ChecksumAlgorithm="SHA256")
    done = complete(name, "sha", id, parts)
    inner = b"".join(hashlib.sha256(bytes([n]) * s).digest() for n, s in [(1, size), (2, 10)])
    assert done["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(inner).digest()).decode() + "-2", done
    found = s3.get_object_attributes(Bucket=name, Key="sha", ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize"])
    assert found["Checksum"]["ChecksumType"] == "COMPOSITE" and found["ObjectSize"] == size + 10, found
    assert [p["ChecksumSHA256"] for p in found["ObjectParts"]["Parts"]] == [p["ChecksumSHA256"] for p in parts]
    id, parts = upload(name, "crc", [size, 10], ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    whole = base64.b64encode(zlib.crc32(b"\1" * size + b"\2" * 10).to_bytes(4, "big")).decode()
    done = complete(name, "crc", id, parts, ChecksumCRC32=whole, ChecksumType="FULL_OBJECT")
    assert done["ChecksumCRC32"] == whole and done["ChecksumType"] == "FULL_OBJECT", done


def test_part_copies():
    name = bucket()
    put(name, "source", body=b"0123456789")
    id = s3.create_multipart_upload(Bucket=name, Key="k")["UploadId"]

    def copy(part):
        return s3.upload_part_copy(Bucket=name, Key="k", UploadId=id, PartNumber=1, CopySource=f"{name}/source",
                                   CopySourceRange=part)
    refused(lambda: copy("bytes=0-21"), "InvalidArgument", 400)
    for bad in ["0-2", "bytes=0", "bytes=hello-world", "bytes=0-1,3-4", "bytes=2-"]:
        refused(lambda: copy(bad), "InvalidArgument", 400)
    made = copy("bytes=2-4")["CopyPartResult"]["ETag"]
    complete(name, "k", id, [{"PartNumber": 1, "ETag": made}])
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"234"


def test_lists_of_uploads():
    name = bucket()
    ids = [s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"] for key in ["a/1", "a/2", "b", "b", "c"]]
    found, options = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=name, MaxUploads=2, **options)
        found += [u["UploadId"] for u in page.get("Uploads", [])]
        if not page["IsTruncated"]:
            break
        options = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert sorted(found) == sorted(ids) and len(found) == 5, found
    page = s3.list_multipart_uploads(Bucket=name, Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/"] and len(page["Uploads"]) == 3, page
    assert len(s3.list_multipart_uploads(Bucket=name, Prefix="a/")["Uploads"]) == 2


# --- Browsers

def form(url, fields, content, filename="a.txt"):
    lines = b""
    for key, value in fields.items():
        lines += f'--XX\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    lines += f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'.encode()
    lines += b"Content-Type: text/plain\r\n\r\n" + content + b"\r\n--XX--\r\n"
    return http(url, "POST", lines, {"Content-Type": "multipart/form-data; boundary=XX"})


def test_forms():
    name = bucket()
    conditions = [["content-length-range", 2, 200_000], {"acl": "private"}, ["starts-with", "$x-amz-meta-a", ""]]
    made = s3.generate_presigned_post(name, "up/${filename}", Fields={"acl": "private"}, Conditions=conditions)
    fields = made["fields"] | {"x-amz-meta-a": "1"}
    content = os.urandom(150_000)
    status, headers, _ = form(made["url"], fields, content)
    assert status == 204 and headers["ETag"] == f'"{hashlib.md5(content).hexdigest()}"', status
    got = s3.get_object(Bucket=name, Key="up/a.txt")
    assert got["Body"].read() == content and got["Metadata"] == {"a": "1"}, got
    status, _, body = form(made["url"], fields, b"x" * 200_001)
    assert status == 400 and b"EntityTooLarge" in body, body
    status, _, body = form(made["url"], fields, b"x")
    assert status == 400 and b"EntityTooSmall" in body, body
    status, _, body = form(made["url"], fields | {"key": "elsewhere"}, b"xx")
    assert status == 403 and b"Policy Condition failed" in body, body
    status, _, body = form(made["url"], fields | {"x-amz-meta-b": "1"}, b"xx")
    assert status == 403 and b"Extra input fields: x-amz-meta-b" in body, body
    broken = {k: v[::-1] if k.endswith("ignature") else v for k, v in fields.items()}
    assert form(made["url"], broken, b"xx")[0] == 403
    over = s3.generate_presigned_post(name, "k", ExpiresIn=-10)
    status, _, body = form(over["url"], over["fields"], b"xx")
    assert status == 403 and b"Policy expired" in body, body
    assert form(f"{READY['services']}/{name}", {"key": "k"}, b"xx")[0] == 403
    again = s3.generate_presigned_post(name, "k", Fields={"success_action_status": "201"},
                                       Conditions=[{"success_action_status": "201"}])
    status, _, body = form(again["url"], again["fields"], b"xx")
    assert status == 201 and b"<Key>k</Key>" in body, body


def test_rules_for_pages():
    name = bucket()
    refused(lambda: s3.get_bucket_cors(Bucket=name), "NoSuchCORSConfiguration", 404)
    s3.put_object(Bucket=name, Key="k", Body=b"x", ACL="public-read")
    page = {"Origin": "https://app.example"}
    assert http(f"{READY['services']}/{name}/k", headers=page)[0] == 403
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example"], "AllowedHeaders": ["x-*"],
         "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 9}]})
    status, headers, _ = http(f"{READY['services']}/{name}/k", headers=page)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "https://app.example", (status, headers)
    assert headers["Access-Control-Expose-Headers"] == "ETag"
    asked = page | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-one"}
    status, headers, _ = http(f"{READY['services']}/{name}/k", "OPTIONS", headers=asked)
    assert status == 200 and headers["Access-Control-Allow-Headers"] == "x-one" and headers["Access-Control-Max-Age"] == "9"
    assert http(f"{READY['services']}/{name}/k", "OPTIONS",
                headers=asked | {"Access-Control-Request-Method": "PUT"})[0] == 403
    assert http(f"{READY['services']}/{name}/k", headers={"Origin": "https://evil.test"})[0] == 403
    s3.delete_bucket_cors(Bucket=name)


# --- Signatures

def test_signatures():
    name = bucket()
    put(name, "k")
    refused(lambda: client(secret="guess").list_objects_v2(Bucket=name), "SignatureDoesNotMatch", 403)
    refused(lambda: client(key="NOBODY").list_objects_v2(Bucket=name), "InvalidAccessKeyId", 403)
    elsewhere = client(region="eu-west-1", signature_version="s3v4")
    status, _, body = http(elsewhere.generate_presigned_url("get_object", {"Bucket": name, "Key": "k"}, 60))
    assert status == 400 and b"the region 'eu-west-1' is wrong; expecting 'us-east-1'" in body, body
    for version in ["s3v4", "s3"]:
        signer = client(signature_version=version)
        url = signer.generate_presigned_url("get_object", {"Bucket": name, "Key": "k"}, 60)
        assert http(url)[::2] == (200, b"x"), (version, http(url))
        assert http(url + "&x-id=other" if version == "s3v4" else url.replace("/k?", "/j?"))[0] == 403
        url = signer.generate_presigned_url("put_object", 
            {"Bucket": name, "Key": "é +", "ContentType": "text/x"}, 60)
        assert http(url, "PUT", b"up", {"Content-Type": "text/x"})[0] == 200, version
    assert s3.get_object(Bucket=name, Key="é +")["Body"].read() == b"up"
    assert http(f"{READY['services']}/{name}/k")[0] == 403
    client(signature_version="s3").put_object(Bucket=name, Key="older", Body=b"x")


def test_refusals_name_the_operation():
    name = bucket()
    put(name, "k")
    for call in [lambda: s3.get_object_torrent(Bucket=name, Key="k"),
                 lambda: s3.select_object_content(Bucket=name, Key="k", Expression="select * from s3object",
                                                  ExpressionType="SQL", InputSerialization={"CSV": {}},
                                                  OutputSerialization={"CSV": {}}),
                 lambda: s3.put_object(Bucket=name, Key="k", WriteOffsetBytes=1)]:
        refused(call, "NotImplemented", 501)


run_and_end(globals())

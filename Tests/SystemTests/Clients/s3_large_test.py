"""S3 at length: 10,000 objects listed in pages; 1 GB up and down while the emulator stays under 100 MB."""
import hashlib
import http.client
import os
import sys
import threading
from urllib.parse import urlsplit

from s3_client import READY, bucket, emulator, run_and_end, s3

GIGABYTE = 1 << 30
LIMIT = 100 << 20


def peak():
    """The most memory the emulator ever had, in bytes."""
    with open(f"/proc/{READY['pid']}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def test_10_000_objects():
    name = bucket()
    wanted = [f"{number % 100:02}/{number:05}" for number in range(10_000)]

    def put(keys):
        for key in keys:
            s3.put_object(Bucket=name, Key=key, Body=b"x")
    threads = [threading.Thread(target=put, args=(wanted[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=name))
    assert [len(page["Contents"]) for page in pages] == [1000] * 10
    assert [k["Key"] for page in pages for k in page["Contents"]] == sorted(wanted)
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"PageSize": 7}))
    assert [k["Key"] for page in pages for k in page["Contents"]] == sorted(wanted)
    rolled = [p["Prefix"] for page in s3.get_paginator("list_objects").paginate(Bucket=name, Delimiter="/", MaxKeys=30)
              for p in page.get("CommonPrefixes", [])]
    assert rolled == [f"{number:02}/" for number in range(100)], rolled
    assert len([v for page in s3.get_paginator("list_object_versions").paginate(Bucket=name)
                for v in page["Versions"]]) == 10_000


def test_a_gigabyte():
    name = bucket()
    place = urlsplit(READY["services"])
    block = os.urandom(1 << 20)
    count = GIGABYTE // len(block)
    sent = hashlib.md5()

    def blocks():
        for number in range(count):
            piece = number.to_bytes(8, "big") + block[8:]
            sent.update(piece)
            yield piece
    url = s3.generate_presigned_url("put_object", {"Bucket": name, "Key": "big"}, 600)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=300)
    connection.request("PUT", url[len(READY["services"]):], body=blocks(), headers={"Content-Length": str(GIGABYTE)})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    assert answer.headers["ETag"] == f'"{sent.hexdigest()}"'
    answer.read()
    got, found = hashlib.md5(), 0
    for piece in s3.get_object(Bucket=name, Key="big")["Body"].iter_chunks(1 << 20):
        got.update(piece)
        found += len(piece)
    assert found == GIGABYTE and got.digest() == sent.digest()
    copied = s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/big")
    assert copied["CopyObjectResult"]["ETag"] == answer.headers["ETag"]
    parts = []
    id = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    for number in range(1, 5):
        made = s3.upload_part_copy(Bucket=name, Key="parts", UploadId=id, PartNumber=number, CopySource=f"{name}/big",
                                   CopySourceRange=f"bytes={(number - 1) << 28}-{(number << 28) - 1}")
        parts.append({"PartNumber": number, "ETag": made["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(Bucket=name, Key="parts", UploadId=id, MultipartUpload={"Parts": parts})
    sums = [s3.head_object(Bucket=name, Key=key, ChecksumMode="ENABLED")["ChecksumCRC64NVME"] for key in ["big", "parts"]]
    assert sums[0] == sums[1], sums
    for key in ["big", "copy", "parts"]:
        s3.delete_object(Bucket=name, Key=key)
    print(f"the emulator's memory was at most {peak() >> 20} MB", file=sys.stderr)
    assert peak() < LIMIT, peak()


run_and_end(globals())

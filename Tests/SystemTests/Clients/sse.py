"""A client of `POST /api/v1/chat/stream`: server-sent events over plain HTTP/1.1."""
import http.client
import json
import urllib.parse

from harness import READY


def stream(body, bearer, last=None, stop_after=None, url=None, key=None):
    """(status, headers, events) of an answer, cut off after `stop_after` events; an event is {id, event, data}."""
    address = urllib.parse.urlsplit(url or READY["gateway"] + "/api/v1/chat/stream")
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=40)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json", "Origin": READY["gateway"]}
    headers |= {"Last-Event-ID": last} if last else {}
    headers |= {"Idempotency-Key": key} if key else {}
    connection.request("POST", address.path, json.dumps(body), headers)
    answer = connection.getresponse()
    events, event = [], {}
    for line in answer:
        line = line.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            if name:
                event[name] = value
            continue
        if event:
            event["data"] = json.loads(event["data"])
            events.append(event)
            event = {}
        if stop_after and len(events) >= stop_after:
            break
    connection.close()
    return answer.status, answer.headers, events


def said(events):
    return "".join(e["data"]["content"] for e in events if e["event"] == "chunk")

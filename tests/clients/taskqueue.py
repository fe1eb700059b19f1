"""A client of task queues, made by google-api-python-client from the discovery document of the service at the address in the first
argument; the second is a token, or empty. Each line of the input is a call: {"of": "tasks", "call": "insert", "with": {...}}. Each
line of the output is what came of it: {"result": ...}, or {"status", "reason", "details"}. {"batch": [...]} has calls made at once; what
came of each is in "results"."""

import json
import sys

import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError


class WithToken(httplib2.Http):
    def __init__(self, token):
        super().__init__()
        self.token = token

    def request(self, uri, method="GET", body=None, headers=None, **rest):
        headers = dict(headers or {})
        if self.token:
            headers["authorization"] = "Bearer " + self.token
        return super().request(uri, method, body=body, headers=headers, **rest)


def told(error):
    return {"status": error.resp.status, "reason": error.reason, "details": error.error_details}


def request(service, asked):
    return getattr(getattr(service, asked["of"])(), asked["call"])(**asked["with"])


def batch(service, calls):
    results = {}

    def keep(name, answer, error):
        results[name] = told(error) if error else {"result": answer}

    batch = service.new_batch_http_request(callback=keep)
    for number, call in enumerate(calls):
        batch.add(request(service, call), request_id="call %d" % number)
    batch.execute()
    return {"results": [results["call %d" % number] for number in range(len(calls))]}


def main():
    root, token = sys.argv[1:3]
    service = build(
        "taskqueue",
        "v1beta2",
        discoveryServiceUrl=root + "/api/{api}/{apiVersion}",
        http=WithToken(token),
        cache_discovery=False,
        static_discovery=False,
    )
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = batch(service, asked["batch"]) if "batch" in asked else {"result": request(service, asked).execute()}
        except HttpError as error:
            answer = told(error)
        print(json.dumps(answer), flush=True)


main()

"""A client of task queues, made by google-api-python-client from the discovery document of the service at the address in the first
argument; the second is a token, or empty. Each line of the input is a call: {"of": "tasks", "call": "insert", "with": {...}}. Each
line of the output is what came of it: {"result": ...}, or {"status", "reason", "details"}."""

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
        resource = getattr(service, asked["of"])()
        try:
            answer = {"result": getattr(resource, asked["call"])(**asked["with"]).execute()}
        except HttpError as error:
            answer = told(error)
        print(json.dumps(answer), flush=True)


main()

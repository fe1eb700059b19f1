"""What the scripts share: where the site is, whose token they use, and how they ask.

    export LECTERN_URL=https://lectern.example
    export LECTERN_TOKEN_FILE=token
    pip install 'gql[httpx]'
"""

import os
from pathlib import Path

import httpx
from gql import Client, GraphQLRequest, gql
from gql.transport.httpx import HTTPXTransport

SITE = os.environ["LECTERN_URL"].rstrip("/")
HEADERS = {"authorization": "Bearer " + Path(os.environ["LECTERN_TOKEN_FILE"]).read_text().strip()}

client = Client(transport=HTTPXTransport(f"{SITE}/graphql", headers=HEADERS, timeout=60))


def ask(document, **variables):
    """The data of an answer."""
    return client.execute(GraphQLRequest(gql(document), variable_values=variables))


def change(document, **fields):
    """The payload of a mutation that takes one input; its problems end the script."""
    (payload,) = ask(document, input=fields).values()
    if payload["problems"]:
        raise SystemExit("\n".join(problem["message"] for problem in payload["problems"]))
    return payload


def pages(document, connection, **variables):
    """Every node of a list, page by page. `connection` finds the list in the data."""
    after = None
    while True:
        page = connection(ask(document, after=after, **variables))
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def download(path, **parameters):
    """A download, to be read while it comes: `with download(…) as answer`."""
    return httpx.stream("GET", f"{SITE}/api/exports/{path}", headers=HEADERS, params=parameters, timeout=60)

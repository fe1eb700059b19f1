"""A dashboard that stays open: follows a course with gql over a web socket, and when the connection is lost, connects again and goes
on behind the last event that it has seen. What is said and heard is as in dashboard.mjs."""

import asyncio
import json
import os
import sys
import threading

from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport


def say(line):
    print(json.dumps(line), flush=True)


async def follow(url, token, query, variables):
    while True:
        # Named, because gql looks for the answer to its offer in capital letters only.
        protocols = [WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL]
        payload = {"Authorization": "Bearer " + token}
        transport = WebsocketsTransport(url=url, init_payload=payload, subprotocols=protocols)
        request = gql(query)
        request.variable_values = variables
        try:
            async with Client(transport=transport) as session:
                async for result in session.subscribe(request):
                    event = result["courseActivity"]
                    variables["after"] = event["cursor"]
                    say({"event": event})
            say({"errors": ["complete"]})
        except (TransportConnectionFailed, OSError) as error:
            say({"lost": getattr(error.__cause__, "code", None)})
        await asyncio.sleep(0.1)


def leave_with_owner():
    sys.stdin.read()
    os._exit(0)


asked = json.loads(sys.stdin.readline())
threading.Thread(target=leave_with_owner, daemon=True).start()
asyncio.run(follow(**asked))

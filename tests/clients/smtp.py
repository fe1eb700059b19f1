"""A mail server: says its port, then each mail that it takes, as lines of JSON. The first mails, as many as the argument says,
are refused for now. The end of the input, which is the end of whoever started this, ends this."""

import asyncio
import json
import os
import sys
import threading

from aiosmtpd.smtp import SMTP


def say(line):
    print(json.dumps(line), flush=True)


class Handler:
    def __init__(self, refusals):
        self.refusals = refusals

    async def handle_DATA(self, server, session, envelope):
        if self.refusals > 0:
            self.refusals -= 1
            say({"refused": envelope.rcpt_tos})
            return "451 Come back later"
        text = envelope.content.decode("utf-8", "replace")
        say({"mail": {"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": text}})
        return "250 Taken"


async def main():
    handler = Handler(int(sys.argv[1]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mail.example.org", loop=loop), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


def leave_with_owner():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=leave_with_owner, daemon=True).start()
asyncio.run(main())

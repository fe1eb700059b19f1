"""What every harness shares: the request on descriptor 0, the one framed answer on descriptor 3.

Runs beside code that nobody trusts, so all that the program may replace is taken at the start: a copy of the built-ins, and
functions bound to names of this script, which is not the program's `__main__`. That keeps accidents out; it does not
make the answer trustworthy, and nothing secret is ever in here.
"""

__builtins__ = dict(vars(__builtins__))

import sys
import types
from os import _exit, getcwd, getpid, read, set_inheritable, write
from json import loads
from json.encoder import encode_basestring_ascii as quote

REQUEST, ERRORS, ANSWER = 0, 2, 3
OWN = getpid()

# The program gets a copy of its own if it wants these.
for name in [name for name in sys.modules if name.split(".")[0] == "json"]:
    del sys.modules[name]


def read_request():
    """The whole of standard input, so that the program finds it at its end."""
    pieces = []
    while piece := read(REQUEST, 1 << 16):
        pieces.append(piece)
    set_inheritable(ANSWER, False)
    return loads(b"".join(pieces))


def write_all(descriptor, octets):
    while octets:
        octets = octets[write(descriptor, octets):]


def answer(request, body):
    """Length in four bytes, then JSON. The nonce tells this frame from one that the program wrote by itself."""
    if getpid() != OWN:
        # A child of the program that ran on to here; its parent answers.
        return
    frame = ('{"nonce":%s,"body":%s}' % (quote(request["nonce"]), body)).encode("ascii")
    write_all(ANSWER, len(frame).to_bytes(4, "big") + frame)


def text(string, limit=2000):
    """A JSON string that any reader takes: no lone surrogates, no excess."""
    return quote(str(string)[:limit].encode("utf-8", "replace").decode("utf-8"))

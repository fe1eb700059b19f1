"""Verifies a receipt of Lectern: python3 verify.py RECEIPT KEYS. Needs nothing but Python.

The status is 0 when it is genuine, 1 when it is not, 2 when that cannot be told: it is no receipt, or its key is missing.
"""

import base64
import hashlib
import json
import re
import sys
from datetime import datetime, timezone


def sha256(data):
    return hashlib.sha256(data).digest()


def record(*items):
    """Each item behind the number of its bytes."""
    written = b""
    for item in items:
        if isinstance(item, int):
            item = item.to_bytes(8, "big", signed=True)
        elif isinstance(item, str):
            item = item.encode()
        written += len(item).to_bytes(4, "big") + item
    return written


def micros(text):
    """2026-11-20T15:30:00.000000Z in microseconds since 1970."""
    span = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc) - datetime.fromtimestamp(0, timezone.utc)
    return (span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds


# What each field is. Whatever differs makes it no receipt: what is not looked at must have no place in one.
LONGEST = 64 << 10


def is_text(value):
    """Halves of characters are none."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def is_hash(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-fA-F]{64}", value) is not None


def is_time(value):
    if not isinstance(value, str) or not re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z", value):
        return False
    try:
        return micros(value) is not None
    except ValueError:
        return False


def is_number(value):
    return type(value) is int and -(2**63) <= value < 2**63


BLOCK = {
    "position": is_number,
    "previous": is_hash,
    "root": is_hash,
    "leaves": is_number,
    "incarnation": is_text,
    "issued_at": is_time,
    "key": is_text,
    "signature": lambda value: isinstance(value, str) and re.fullmatch("([0-9a-fA-F]{2})*", value) is not None,
}
RECEIPT = {
    "lectern_receipt": lambda value: type(value) is int and value == 1,
    "site": is_text,
    "course": is_text,
    "assignment": is_text,
    "backup": is_text,
    "handed_in": lambda value: isinstance(value, bool),
    "received_at": is_time,
    "files": is_hash,
    "messages": is_hash,
    "person": is_hash,
    "place": is_number,
    "path": lambda value: isinstance(value, list) and all(map(is_hash, value)),
    "block": lambda value: isinstance(value, dict),
}
HOLDER = {"email": is_text, "salt": is_hash}


def once(pairs):
    """The fields of an object, each of which is there once."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is there twice")
    return fields


def check(fields, wanted):
    if fields.keys() != wanted.keys():
        raise ValueError("fields are missing or unknown: " + ", ".join(sorted(fields.keys() ^ wanted.keys())))
    for name, fits in wanted.items():
        if not fits(fields[name]):
            raise ValueError(f"`{name}` is not as it is written in one")


def read(text):
    """The fields of a receipt; raises `ValueError` for a text that is none."""
    if len(text.encode()) > LONGEST:
        raise ValueError("it is longer than any")
    try:
        fields = json.loads(text, object_pairs_hook=once)
    except RecursionError:
        raise ValueError("it is too deep") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no object")
    # Null says nothing; whose it is has both fields, or neither.
    fields = {name: value for name, value in fields.items() if name not in HOLDER or value is not None}
    check(fields, {**RECEIPT, **HOLDER} if fields.keys() & HOLDER.keys() else RECEIPT)
    check(fields["block"], BLOCK)
    return fields


def read_keys(text):
    """The keys of a set, by their names."""
    keys = {}
    for key in json.loads(text)["keys"]:
        if key.get("crv") == "Ed25519":
            public = base64.urlsafe_b64decode(key["x"] + "=")
            if len(public) != 32 or base64.urlsafe_b64encode(public).decode() != key["x"] + "=":
                raise ValueError(f"`{key['x']}` is no public key")
            keys[key["kid"]] = public
    return keys


def climb(reached, place, leaves, path):
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= place < leaves:
        return None
    own, last = place, leaves - 1
    for beside in path:
        if last == 0:
            return None
        if own % 2 == 1 or own == last:
            reached = sha256(b"\x01" + beside + reached)
            while own % 2 == 0 and own != 0:
                own, last = own // 2, last // 2
        else:
            reached = sha256(b"\x01" + reached + beside)
        own, last = own // 2, last // 2
    return reached if last == 0 else None


# Ed25519 (RFC 8032, section 6). A library does the same, faster.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, base):
    sum_ = (0, 1, 1, 0)
    while number:
        if number & 1:
            sum_ = add(sum_, base)
        base, number = add(base, base), number >> 1
    return sum_


Y = 4 * pow(5, P - 2, P) % P
BASE = point(Y.to_bytes(32, "little"))


def signed(key, message, signature):
    if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= Q:
        return False
    try:
        public, r = point(key), point(signature[:32])
    except ValueError:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    one, other = times(int.from_bytes(signature[32:], "little"), BASE), add(r, times(h, public))
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def verify(receipt, keys):
    """Each question with its answer; None where it cannot be told."""
    block, unhex = receipt["block"], bytes.fromhex
    leaf = record("lectern receipt leaf 1", receipt["assignment"], receipt["backup"], int(receipt["handed_in"]),
                  micros(receipt["received_at"]), unhex(receipt["files"]), unhex(receipt["messages"]),
                  unhex(receipt["person"]))
    root = climb(sha256(b"\x00" + leaf), receipt["place"], block["leaves"], [unhex(step) for step in receipt["path"]])
    written = record("lectern receipt block 1", receipt["site"], receipt["course"], block["position"],
                     unhex(block["previous"]), unhex(block["root"]), block["leaves"], block["incarnation"],
                     micros(block["issued_at"]), block["key"])
    person = None
    if "email" in receipt:
        person = sha256(record("lectern receipt person 1", unhex(receipt["salt"]), receipt["email"])) == unhex(receipt["person"])
    key = keys.get(block["key"])
    return {
        "person": person,
        "inclusion": root == unhex(block["root"]),
        "signature": None if key is None else signed(key, written, unhex(block["signature"])),
        "block": sha256(written).hex(),
    }


def main():
    if len(sys.argv) != 3:
        print("python3 verify.py RECEIPT KEYS", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            receipt = read(file.read().strip())
    except (OSError, ValueError) as why:
        print(f"{sys.argv[1]}: it is no receipt: {why}", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[2], encoding="utf-8") as file:
            keys = read_keys(file.read())
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as why:
        print(f"{sys.argv[2]}: this is no set of keys: {why}", file=sys.stderr)
        return 2
    answers = verify(receipt, keys)
    for question, answer in answers.items():
        print(f"{question}: {answer}")
    if False in answers.values():
        return 1
    return 2 if answers["signature"] is None else 0


if __name__ == "__main__":
    sys.exit(main())

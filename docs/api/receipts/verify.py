"""Verifies a receipt of Lectern: python3 verify_receipt.py RECEIPT KEYS. Needs nothing but Python."""

import base64
import hashlib
import json
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
        "signature": key and signed(key, written, unhex(block["signature"])),
        "block": sha256(written).hex(),
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        receipt = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        keys = {key["kid"]: base64.urlsafe_b64decode(key["x"] + "=") for key in json.load(file)["keys"]}
    answers = verify(receipt, keys)
    for question, answer in answers.items():
        print(f"{question}: {answer}")
    good = answers["inclusion"] and answers["signature"] and answers["person"] is not False
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

# Families of sockets that lead out, to the kernel, or to the machine around this one. Only made, never connected.
# class: ok
# stdout:
import socket
from attempt import attempt
for family in set(range(0, 46)) - {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(f'family {family} kind {kind}', lambda: socket.socket(family, kind))
for protocol in (1, 2, 58, 89, 132, 136, 255, 262):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        attempt(f'kind {kind} protocol {protocol}', lambda: socket.socket(socket.AF_INET, kind, protocol))

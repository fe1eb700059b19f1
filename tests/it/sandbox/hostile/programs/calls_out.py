# Anybody out there: the network, the host, and those who listen on it.
# class: ok
# stdout:
import socket
from attempt import attempt
def connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.settimeout(0.2)
        one.connect(address)
        one.send(b'x')
for address in [('127.0.0.1', 22), ('127.0.0.1', 80), ('127.0.0.1', 5432), ('127.0.0.1', 6379), ('169.254.169.254', 80), ('1.1.1.1', 53),
                ('10.0.0.1', 80), ('255.255.255.255', 9)]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        attempt(f'{address}', lambda: connect(socket.AF_INET, kind, address))
for address in [('::1', 22), ('ff02::1', 53), ('2606:4700:4700::1111', 53)]:
    attempt(f'{address}', lambda: connect(socket.AF_INET6, socket.SOCK_DGRAM, address))
for path in ['/run/docker.sock', '/var/run/docker.sock', '/run/dbus/system_bus_socket', '/run/systemd/private', '/dev/log', '\0/tmp/.X11-unix/X0',
             '\0/tmp/dbus', '/tmp/.X11-unix/X0']:
    attempt(path, lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, path))
attempt('names', lambda: socket.getaddrinfo('example.org', 80))

# Has a file, a name, a segment and a lock of its own, says so, and waits to be found. Started beside others only.
# class: cancelled
import os, socket, sys, time
from attempt import MARK, libc
for folder in ('/tmp', '/w', '/dev/shm'):
    open(f'{folder}/held-{MARK}', 'w').close()
server = socket.socket(socket.AF_UNIX)
server.bind('\0held-' + MARK)
server.listen()
by_name = socket.socket(socket.AF_UNIX)
by_name.bind('/tmp/socket-' + MARK)
by_name.listen()
network = socket.socket()
network.bind(('0.0.0.0', 4242))
network.listen()
assert libc.shmget(int(MARK), 4096, 0o1600) >= 0
assert libc.semget(int(MARK), 1, 0o1600) >= 0
print('ready', flush=True)
time.sleep(int(MARK))

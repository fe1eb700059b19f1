# Another run is there at the same time. Nothing of it can be seen or reached.
# class: ok
# beside: holds_things.py
# stdout:
import os, signal, socket
from attempt import MARK, attempt, libc
for folder in ('/tmp', '/w', '/dev/shm', '/'):
    if any('held' in name or 'socket' in name for name in os.listdir(folder)):
        print('files in', folder)
def connect(family, address):
    with socket.socket(family) as one:
        one.settimeout(0.2)
        one.connect(address)
attempt('abstract socket', lambda: connect(socket.AF_UNIX, '\0held-' + MARK))
attempt('socket', lambda: connect(socket.AF_UNIX, '/tmp/socket-' + MARK))
attempt('network', lambda: connect(socket.AF_INET, ('127.0.0.1', 4242)))
attempt('segment', lambda: libc.shmget(int(MARK), 1, 0))
attempt('semaphore', lambda: libc.semget(int(MARK), 0, 0))
others = {name for name in os.listdir('/proc') if name.isdigit()} - {'1', '2'}
if others:
    print('processes', others)
def kill_all():
    for number in range(3, 40000):
        try:
            os.kill(number, signal.SIGKILL)
            return
        except ProcessLookupError:
            pass
    raise OSError
attempt('kill', kill_all)
attempt('kill all', lambda: os.kill(-1, signal.SIGKILL))

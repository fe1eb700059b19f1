# Holds locks and leases on files that all share, and ends without letting go.
# class: ok
# stdout:
import fcntl
from attempt import attempt
for path in ('/usr/bin/python3', '/bin/sh', '/etc/passwd'):
    file = open(path)
    attempt('lease', lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK))
    attempt('lease', lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK))
    attempt('lock', lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB))

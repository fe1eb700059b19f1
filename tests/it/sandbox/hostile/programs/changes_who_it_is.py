# Every number that somebody could be.
# class: ok
# stdout:
import os
from attempt import attempt
for number in [0, 1, 65534, 1001, 0x70000000]:
    for act in (os.setuid, os.setgid, os.seteuid, os.setegid, lambda n: os.setresuid(n, n, n), lambda n: os.setgroups([n])):
        attempt(f'become {number}', lambda: act(number))
    attempt(f'chown {number}', lambda: os.chown('/w', number, number))

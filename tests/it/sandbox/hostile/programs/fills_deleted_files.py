# Fills files that have no name any more.
# class: nonzero|disk_limit
# limits: disk=2
import os
while True:
    file = open('/w/x', 'wb', 0)
    os.unlink('/w/x')
    globals().setdefault('kept', []).append(file)
    file.write(b'x' * (1 << 18))

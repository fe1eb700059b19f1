# Moves and removes the work folder, then shuts it. What it made can be had all the same.
# class: ok
# collect: out
# kept: out
# stdout:
import os
from attempt import attempt
open('/w/out', 'w').close()
attempt('rename', lambda: os.rename('/w', '/x'))
attempt('rename', lambda: os.rename('/w', '/tmp/x'))
attempt('rename', lambda: os.rename('/tmp', '/w/tmp'))
attempt('rmdir', lambda: os.rmdir('/w'))
attempt('link', lambda: os.symlink('/tmp', '/w'))
os.chmod('/w', 0)

# Writes to what is not its own.
# class: ok
# stdout:
import os
from attempt import attempt
folders = ['/', '/bin', '/dev', '/etc', '/lib', '/proc', '/proc/self', '/usr', '/usr/bin', '/usr/lib', '/usr/local', '/usr/share']
for folder in folders:
    path = os.path.join(folder, 'planted')
    attempt('create ' + path, lambda: open(path, 'w'))
    attempt('mkdir ' + path, lambda: os.mkdir(path))
    attempt('symlink ' + path, lambda: os.symlink('x', path))
    attempt('mkfifo ' + path, lambda: os.mkfifo(path))
    attempt('chmod ' + folder, lambda: os.chmod(folder, 0o777))
    attempt('utime ' + folder, lambda: os.utime(folder))
    attempt('rename ' + folder, lambda: os.rename(folder, '/tmp/taken'))
for path in ['/usr/bin/python3', '/bin/sh', '/etc/passwd', '/etc/ld.so.cache', '/usr/lib/os-release']:
    attempt('open ' + path, lambda: open(path, 'r+b'))
    attempt('truncate ' + path, lambda: os.truncate(path, 0))
    attempt('unlink ' + path, lambda: os.unlink(path))
    attempt('chmod ' + path, lambda: os.chmod(path, 0o4777))
    attempt('chown ' + path, lambda: os.chown(path, 1000, 1000))
    attempt('link ' + path, lambda: os.link(path, '/tmp/linked'))
    attempt('setxattr ' + path, lambda: os.setxattr(path, 'user.x', b'x'))

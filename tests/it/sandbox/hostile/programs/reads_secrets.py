# Looks for what is not its own.
# class: ok
# stdout:
import os
for path in ['/etc/shadow', '/etc/ssh', '/etc/sudoers', '/etc/machine-id', '/etc/hostname', '/root', '/home', '/var', '/run', '/sys', '/boot', '/opt',
             '/mnt', '/media', '/srv', '/scratch', '/lost+found', '/.dockerenv', '/dev/kmsg', '/dev/mem', '/dev/kvm', '/dev/sda', '/dev/vda',
             '/dev/tty', '/dev/ptmx', '/dev/pts', '/dev/fuse', '/dev/net', '/dev/vsock', '/dev/userfaultfd', '/proc/kcore', '/proc/sys',
             '/proc/kallsyms', '/proc/keys', '/proc/cmdline', '/proc/config.gz', '/proc/modules', '/proc/sysrq-trigger', '/proc/net/unix']:
    if os.path.lexists(path):
        print(path)
for path in ['environ', 'mem', 'maps', 'auxv', 'fd', 'exe', 'cwd', 'root', 'io', 'stack', 'syscall', 'pagemap', 'ns/mnt']:
    path = '/proc/1/' + path
    for act in (os.readlink, os.listdir, lambda path: open(path, 'rb').read(1)):
        try:
            print(path, act(path))
        except OSError:
            pass

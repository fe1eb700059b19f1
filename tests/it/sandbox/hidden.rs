//! What a program can see and reach: nothing that is not its own.

use std::path::Path;

use actors::execution::sandbox::Class;

use super::{python, run_as, shell};

/// Runs a Python program that prints what it could do and should not: nothing.
async fn finds_nothing(source: &str) {
    let told = run_as(Class::Ok, python(source)).await;
    assert_eq!(told.stdout, "", "{}", told.stderr);
}

#[tokio::test]
async fn the_environment_is_what_was_given() {
    let mut spec = python("import os; print(dict(os.environ))");
    spec.env = vec![("LANG".to_owned(), "C.UTF-8".to_owned()), ("A".to_owned(), "b=c".to_owned())];
    assert_eq!(run_as(Class::Ok, spec).await.stdout, "{'LANG': 'C.UTF-8', 'A': 'b=c'}\n");
    let told = run_as(Class::Ok, shell("exec /usr/bin/env")).await;
    assert!(told.stdout.lines().all(|line| line.starts_with("PWD=")), "the shell alone adds its own: {}", told.stdout);
}

#[tokio::test]
async fn only_descriptors_0_to_3_are_open() {
    // The fourth is the listing itself.
    let told = run_as(Class::Ok, python("import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))")).await;
    assert_eq!(told.stdout, "[0, 1, 2, 3, 4]\n");
}

#[tokio::test]
async fn files_of_the_host_are_not_there() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let test = std::env::current_exe().expect("a path");
    let paths = [
        "/root",
        "/home",
        "/var",
        "/sys",
        "/etc/shadow",
        "/etc/ssh",
        "/etc/hostname",
        "/opt",
        "/srv",
        "/run",
        "/mnt",
        "/scratch",
    ];
    let all = paths.iter().map(Path::new).chain([here, test.as_path()]);
    for path in all {
        finds_nothing(&format!("import os\nif os.path.lexists({path:?}): print({path:?})")).await;
    }
    let told = run_as(Class::Ok, shell("ls -A /tmp /w /dev/shm; ls -A /etc /dev")).await;
    let expected = "/dev:\nfd\nfull\nnull\nrandom\nshm\nstderr\nstdin\nstdout\nurandom\nzero\n";
    assert!(told.stdout.starts_with("/dev/shm:\n\n/tmp:\n\n/w:\n"), "{}", told.stdout);
    assert!(told.stdout.contains(expected), "{}", told.stdout);
}

#[tokio::test]
async fn the_root_is_read_only() {
    let source = "import os
for path in ['/x', '/usr/x', '/usr/bin/x', '/etc/x', '/dev/x', '/bin/x', '/lib/x', '/proc/x', '/etc/passwd', '/usr/bin/python3']:
    try: os.close(os.open(path, os.O_WRONLY | os.O_CREAT)); print('wrote', path)
    except OSError: pass
for path in ['/', '/etc', '/usr', '/dev', '/dev/null', '/etc/passwd']:
    try: os.chmod(path, 0o777); print('changed', path)
    except OSError: pass
    try: os.utime(path); print('touched', path)
    except OSError: pass
open('/dev/null', 'w').write('x'); open('/w/x', 'w'); open('/tmp/x', 'w'); open('/dev/shm/x', 'w')
assert len(open('/dev/urandom', 'rb').read(4)) == 4";
    finds_nothing(source).await;
}

#[tokio::test]
async fn other_processes_are_not_there() {
    let told =
        run_as(Class::Ok, python("import os; print(os.getpid(), [n for n in os.listdir('/proc') if n.isdigit()])"))
            .await;
    assert_eq!(told.stdout, "2 ['1', '2']\n");
    finds_nothing("import os\nfor what in ['fd', 'environ', 'mem', 'maps', 'exe', 'cwd', 'root']:
    try:
        path = '/proc/1/' + what
        r = os.listdir(path) if what == 'fd' else os.readlink(path) if what in ('exe', 'cwd', 'root') else open(path, 'rb').read(1)
        print(what, r)
    except OSError: pass")
    .await;
    finds_nothing("import os, signal\nfor n in range(1, 65):\n  try: os.kill(1, n)\n  except OSError: pass").await;
}

#[tokio::test]
async fn there_is_no_network() {
    finds_nothing("import socket
for index in range(1, 100):
    try: name = socket.if_indextoname(index)
    except OSError: continue
    if name not in ('lo', 'sit0', 'tunl0', 'ip6tnl0'): print(name)
for family, address in [(socket.AF_INET, ('127.0.0.1', 22)), (socket.AF_INET, ('1.1.1.1', 53)), (socket.AF_INET6, ('::1', 22))]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try: socket.socket(family, kind).connect(address); print('connected', address)
        except OSError: pass")
    .await;
}

#[tokio::test]
async fn the_user_is_nobody_in_particular() {
    let source = "import os, socket\nprint(os.getuid(), os.geteuid(), os.getgid(), os.uname().nodename)
print(*[l.split()[1] for l in open('/proc/self/status') if l.startswith(('Cap', 'NoNewPrivs'))])
import pwd; print(pwd.getpwuid(os.getuid()).pw_name, os.getcwd(), oct(os.umask(0)))";
    let told = run_as(Class::Ok, python(source)).await;
    let none = "0000000000000000";
    let expected = format!("1000 1000 1000 lectern\n{none} {none} {none} {none} {none} 1\nstudent /w 0o22\n");
    assert_eq!(told.stdout, expected);
}

#[tokio::test]
async fn powers_cannot_be_had_back() {
    finds_nothing(
        "import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name, flag in [('user', 0x10000000), ('mount', 0x20000), ('pid', 0x20000000), ('net', 0x40000000)]:
    if libc.unshare(flag) == 0: print('unshared', name)
if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0: print('mounted')
if libc.mount(None, b'/usr', None, 0x1000 | 0x20, None) == 0: print('remounted')
if libc.umount2(b'/proc', 2) == 0: print('unmounted')
if libc.chroot(b'/w') == 0: print('chrooted')
if libc.sethostname(b'x', 1) == 0: print('renamed')
for i in (0, 1, 65534):
    if libc.setuid(i) == 0: print('became', i)
try: os.mknod('/w/null', 0o20666, os.makedev(1, 3)); print('made a device')
except OSError: pass",
    )
    .await;
}

#[tokio::test]
async fn limits_cannot_be_raised() {
    finds_nothing("import resource as r
for name in ['RLIMIT_CPU', 'RLIMIT_DATA', 'RLIMIT_NPROC', 'RLIMIT_FSIZE', 'RLIMIT_NOFILE', 'RLIMIT_CORE', 'RLIMIT_MEMLOCK', 'RLIMIT_MSGQUEUE', 'RLIMIT_STACK']:
    soft, hard = r.getrlimit(getattr(r, name))
    if hard == r.RLIM_INFINITY: print(name, 'is unlimited')
    try: r.setrlimit(getattr(r, name), (hard + 1, hard + 1)); print('raised', name)
    except (OSError, ValueError): pass")
    .await;
}

#[tokio::test]
async fn signals_are_as_they_should_be() {
    let told = run_as(Class::Ok, shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2")).await;
    assert_eq!(told.stdout, "0000000000000000\n".repeat(2));
}

//! What a program hears that asks the kernel for more than it needs.

use actors::execution::sandbox::Class;

use super::{built, python, run, run_as};

/// Python's way to call the kernel by number: prints the names of the calls whose answer is not the expected error.
const CALL: &str = "import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, wanted, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    found = errno.errorcode.get(ctypes.get_errno(), '?') if result == -1 else 'worked'
    if found != wanted: print(name, found, 'instead of', wanted)
";

async fn hears(calls: &str) {
    let told = run_as(Class::Ok, python(&format!("{CALL}{calls}"))).await;
    assert_eq!(told.stdout, "", "{}", told.stderr);
}

/// The numbers of calls differ from machine to machine; the table itself is tried for both, this only on the one.
#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn what_nobody_needs_does_not_exist() {
    hears("for name, number in dict(ptrace=101, syslog=103, uselib=134, modify_ldt=154, adjtimex=159, acct=163, settimeofday=164,
    swapon=167, reboot=169, iopl=172, init_module=175, quotactl=179, io_setup=206, lookup_dcookie=212, clock_settime=227, mbind=237,
    set_mempolicy=238, mq_open=240, kexec_load=246, add_key=248, request_key=249, keyctl=250, inotify_init=253, migrate_pages=256,
    vmsplice=278, inotify_init1=294, perf_event_open=298, fanotify_init=300, name_to_handle_at=303, open_by_handle_at=304, syncfs=306,
    process_vm_readv=310, process_vm_writev=311, finit_module=313, memfd_create=319, kexec_file_load=320, bpf=321, userfaultfd=323,
    io_uring_setup=425, io_uring_enter=426, pidfd_getfd=438, process_madvise=440, quotactl_fd=443, memfd_secret=447, msgget=68,
    nobodys=1000, listmount=458, minus_one=-1).items():
    call(name, number, 'ENOSYS', 0, 0, 0, 0, 0, 0)")
    .await;
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn what_made_the_sandbox_is_refused() {
    hears("for name, number in dict(mount=165, umount2=166, chroot=161, pivot_root=155, sethostname=170, setdomainname=171, unshare=272,
    setns=308, open_tree=428, move_mount=429, fsopen=430, fsconfig=431, fsmount=432, fspick=433, mount_setattr=442).items():
    call(name, number, 'EPERM', 0, 0, 0, 0, 0)
for name, number in dict(clone3=435, landlock_create_ruleset=444, landlock_restrict_self=446, seccomp=317).items():
    call(name, number, 'ENOSYS', 0, 0, 0, 0)")
    .await;
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn arguments_are_looked_at() {
    hears(
        "for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x110000000):
    call('clone', 56, 'EPERM', flag | 17, 0, 0, 0, 0)
for family in set(range(64)) - {1, 2, 10}:
    call(f'socket {family}', 41, 'EAFNOSUPPORT', family, 3, 0)
for family in set(range(64)) - {1}:
    call(f'socketpair {family}', 53, 'EAFNOSUPPORT', family, 1, 0, 0)
call('raw', 41, 'EAFNOSUPPORT', 2, 3, 1)
call('ping', 41, 'EAFNOSUPPORT', 2, 2, 1)
call('TIOCSTI', 16, 'EPERM', 0, 0x5412, 0)
call('TIOCSTI, with more', 16, 'EPERM', 0, 0x7_0000_5412, 0)
call('TIOCLINUX', 16, 'EPERM', 0, 0x541c, 0)
call('personality', 135, 'EPERM', 0x0040000)
call('PR_SET_MM', 157, 'EPERM', 35, 1, 0, 0, 0)
call('PR_SET_SECCOMP', 157, 'EINVAL', 22, 1, 0, 0, 0)
call('F_SETPIPE_SZ', 72, 'EPERM', 1, 1031, 1 << 20)
call('F_SETLEASE', 72, 'EPERM', 1, 1024, 0)
call('F_NOTIFY', 72, 'EPERM', 1, 1026, 1)
call('MAP_HUGETLB', 9, 'ENOMEM', 0, 1 << 21, 3, 0x40022, -1, 0)
call('semget', 64, 'EINVAL', 0, 32000, 0o1600)
call('kcmp', 312, 'EPERM', 2, 2, 0, 0, 0)",
    )
    .await;
}

#[tokio::test]
async fn ordinary_things_work() {
    let source = "import os, socket, subprocess, threading, multiprocessing, fcntl, select, signal
one, other = socket.socketpair()
one.send(b'x'); assert other.recv(1) == b'x'
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM): socket.socket(family, kind).close()
server = socket.socket(socket.AF_UNIX); server.bind('\\0here'); server.listen()
client = socket.socket(socket.AF_UNIX); client.connect('\\0here')
assert subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout == b'x\\n'
thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
if os.fork() == 0: os._exit(3)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 3
child = multiprocessing.Process(target=lambda: None); child.start(); child.join(); assert child.exitcode == 0
os.makedirs('/w/a/b'); open('/w/a/x', 'w').close(); os.rename('/w/a/x', '/w/a/b/y'); os.link('/w/a/b/y', '/w/z')
os.truncate('/w/z', 10); os.chmod('/w/z', 0o600); os.mkfifo('/tmp/fifo'); os.symlink('z', '/w/link')
os.kill(os.getpid(), 0); signal.alarm(0); fcntl.flock(open('/w/z'), fcntl.LOCK_EX)
epoll = select.epoll(); epoll.register(one); os.sched_setaffinity(0, os.sched_getaffinity(0))
os.posix_spawn('/bin/true', ['true'], {}); os.wait()
assert open('/dev/null', 'w').write('x') and open('/proc/self/stat').read()
print('done')";
    assert_eq!(run_as(Class::Ok, python(source)).await.stdout, "done\n");
}

#[tokio::test]
async fn proc_is_not_for_writing() {
    // Where Landlock is in force; elsewhere the kernel still keeps what is not the program's own.
    let source = "import os
try: open('/proc/self/oom_score_adj', 'w').write('0')
except OSError: pass
print(open('/proc/self/oom_score_adj').read().strip())";
    assert_eq!(run_as(Class::Ok, python(source)).await.stdout, "1000\n");
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn the_numbers_of_other_machines_end_the_program() {
    const SIGSYS: i32 = 31;
    // getpid by the calls of i386 (20) and of x32 (39).
    for call in [
        r#"__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");"#,
        r#"__asm__ volatile("syscall" : "=a"(result) : "a"(0x40000000L + 39) : "rcx", "r11", "memory");"#,
    ] {
        let source = format!(
            "#include <stdio.h>\nint main(void) {{ long result; {call} printf(\"%ld\\n\", result); return 0; }}\n"
        );
        let told = run(built(&source).await).await;
        assert_eq!((told.report.class, told.stdout.as_str()), (Class::Signal, ""));
        // A kernel without calls of i386 ends it with SIGSEGV before a filter sees it.
        assert!(matches!(told.report.evidence.signal, Some(SIGSYS | 11)), "{:?}", told.report.evidence);
    }
}

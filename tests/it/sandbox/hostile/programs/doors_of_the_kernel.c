// What no exercise needs, and what holes were found in.
// class: ok
// stdout:
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    static long zeros[64];
    ATTEMPT(syscall(SYS_io_uring_setup, 8, zeros));
    ATTEMPT(syscall(SYS_io_setup, 8, zeros));
    ATTEMPT(syscall(SYS_bpf, 0, zeros, 64));
    ATTEMPT(syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0));
    ATTEMPT(syscall(SYS_userfaultfd, 1));
    ATTEMPT(syscall(SYS_memfd_create, "x", 0));
    ATTEMPT(syscall(SYS_inotify_init1, 0));
    ATTEMPT(syscall(SYS_fanotify_init, 0, 0));
    ATTEMPT(syscall(SYS_syslog, 3, zeros, 64));
    ATTEMPT(syscall(SYS_kexec_load, 0, 0, 0, 0));
    ATTEMPT(syscall(SYS_init_module, zeros, 64, ""));
    ATTEMPT(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
    ATTEMPT(syscall(SYS_swapon, "/w", 0));
    ATTEMPT(syscall(SYS_acct, "/w/x"));
    ATTEMPT(syscall(SYS_quotactl, 0, "/", 0, 0));
    ATTEMPT(syscall(SYS_add_key, "user", "x", "y", 1, KEY_SPEC_USER_KEYRING));
    ATTEMPT(syscall(SYS_request_key, "user", "x", 0, 0));
    ATTEMPT(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1));
    ATTEMPT(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0));
    ATTEMPT(syscall(SYS_msgget, 7, 01600));
    ATTEMPT(syscall(SYS_mq_open, "x", 0102, 0600, 0));
    ATTEMPT(syscall(SYS_vmsplice, 1, 0, 0, 0));
    ATTEMPT(syscall(SYS_seccomp, 1, 0, zeros));
    ATTEMPT(syscall(SYS_personality, 0x0040000));
    ATTEMPT(syscall(SYS_mbind, 0, 0, 0, 0, 0, 0));
    return 0;
}

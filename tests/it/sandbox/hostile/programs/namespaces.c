// Namespaces of its own, in which it would be root, and those of others.
// class: ok
// stdout:
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    long flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80};
    const char *names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
    for (int n = 0; n < 8; n++) {
        ATTEMPT(syscall(SYS_unshare, flags[n]));
        ATTEMPT(syscall(SYS_unshare, flags[n] | CLONE_NEWUSER));
        struct { unsigned long flags, rest[10]; } more = {flags[n], {0, 0, 0, SIGCHLD}};
        ATTEMPT(syscall(SYS_clone3, &more, sizeof more));
        if (n < 7) ATTEMPT(syscall(SYS_clone, flags[n] | SIGCHLD, 0, 0, 0, 0));
        char path[64];
        snprintf(path, sizeof path, "/proc/1/ns/%s", names[n]);
        ATTEMPT(open(path, O_RDONLY));
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[n]);
        int own = open(path, O_RDONLY);
        ATTEMPT(setns(own, 0));
        close(own);
    }
    ATTEMPT(setns(syscall(SYS_pidfd_open, 1, 0), CLONE_NEWNS | CLONE_NEWUSER));
    return 0;
}

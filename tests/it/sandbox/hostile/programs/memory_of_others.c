// Looks into init and into its own child, by every call there is.
// class: ok
// stdout:
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    int init = syscall(SYS_pidfd_open, 1, 0);
    for (int n = 0; n < 2; n++) {
        pid_t other = n ? child : 1;
        ATTEMPT(ptrace(PTRACE_ATTACH, other, 0, 0));
        ATTEMPT(ptrace(PTRACE_SEIZE, other, 0, 0));
        ATTEMPT(syscall(SYS_process_vm_readv, other, &here, 1, &there, 1, 0));
        ATTEMPT(syscall(SYS_process_vm_writev, other, &here, 1, &there, 1, 0));
        ATTEMPT(syscall(SYS_kcmp, other, getpid(), 0, 0, 0));
    }
    for (int n = 0; n < 16; n++) ATTEMPT(syscall(SYS_pidfd_getfd, init, n, 0));
    ATTEMPT(ptrace(PTRACE_TRACEME, 0, 0, 0));
    ATTEMPT(open("/proc/1/mem", O_RDONLY));
    ATTEMPT(open("/proc/1/mem", O_RDWR));
    ATTEMPT(open("/proc/1/task/1/mem", O_RDWR));
    ATTEMPT(syscall(SYS_process_madvise, init, &there, 1, 4, 0));
    kill(child, SIGKILL);
    return 0;
}

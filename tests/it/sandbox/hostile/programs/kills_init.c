// Sends every signal to init, as itself and as a child, by every call there is.
// class: ok
// stdout: still here
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
int main(void) {
    if (fork() != 0) wait(0);
    for (int n = 1; n < 65; n++) {
        siginfo_t said = {.si_signo = n, .si_code = SI_QUEUE};
        kill(1, n);
        syscall(SYS_tkill, 1, n);
        syscall(SYS_tgkill, 1, 1, n);
        syscall(SYS_rt_sigqueueinfo, 1, n, &said);
        int init = syscall(SYS_pidfd_open, 1, 0);
        syscall(SYS_pidfd_send_signal, init, n, 0, 0);
        close(init);
    }
    if (getpid() != 2) return 0;
    usleep(20000);
    puts("still here");
    return 0;
}

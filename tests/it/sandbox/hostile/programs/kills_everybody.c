// Kills all that it can reach. That is its own children, not itself and not init.
// class: ok
// stdout: alone
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>
int main(void) {
    for (int n = 0; n < 3; n++)
        if (fork() == 0) for (;;) pause();
    kill(-1, SIGKILL);
    while (wait(0) > 0) ;
    puts(kill(1, 0) == 0 || getppid() == 1 ? "alone" : "init is gone");
    return 0;
}

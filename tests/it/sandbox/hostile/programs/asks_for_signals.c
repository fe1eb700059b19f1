// Makes its pipes send signals, to init and to everybody.
// class: ok|signal
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
int main(void) {
    signal(SIGIO, SIG_IGN);
    for (int n = 0; n < 4; n++) {
        fcntl(n, F_SETOWN, 1);
        fcntl(n, F_SETSIG, SIGKILL);
        fcntl(n, F_SETFL, O_ASYNC | O_NONBLOCK);
    }
    (void)!write(1, "x", 1);
    return 0;
}

// Interrupts itself all the time.
// class: cpu_time_limit
// limits: cpu=100
#include <signal.h>
#include <sys/time.h>
static void on(int n) { (void)n; }
int main(void) {
    struct itimerval often = {{0, 10}, {0, 10}};
    signal(SIGALRM, on);
    setitimer(ITIMER_REAL, &often, 0);
    for (;;) __asm__ volatile("");
}

// Has an ear for no signal.
// class: cpu_time_limit
// limits: cpu=100
#include <signal.h>
int main(void) {
    for (int n = 1; n < 65; n++) signal(n, SIG_IGN);
    for (;;) __asm__ volatile("");
}

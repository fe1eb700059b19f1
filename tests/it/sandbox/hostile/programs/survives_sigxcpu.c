// Catches the signal that says that the time is over, and goes on.
// class: cpu_time_limit
// limits: cpu=100
#include <signal.h>
static void on(int n) { signal(n, on); }
int main(void) {
    signal(SIGXCPU, on);
    signal(SIGTERM, on);
    for (;;) __asm__ volatile("");
}

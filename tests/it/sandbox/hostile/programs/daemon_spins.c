// Ends at once and leaves children that spin in sessions of their own.
// class: ok
// limits: cpu=300
#include <signal.h>
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 4; n++)
        if (fork() == 0) {
            setsid();
            for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
            for (;;) __asm__ volatile("");
        }
    return 0;
}

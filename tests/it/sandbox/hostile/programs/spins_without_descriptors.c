// Closes all that it has and spins.
// class: cpu_time_limit
// limits: cpu=100
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 256; n++) close(n);
    for (;;) __asm__ volatile("");
}

// Asks for a stack without end, then for one variable of 1 GiB on it.
// class: signal
// signal: 11
#include <sys/resource.h>
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_STACK, &all);
    volatile char frame[1 << 30];
    frame[0] = 1;
    return frame[1 << 20];
}

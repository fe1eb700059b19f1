// Ends by abort, and would like to leave a core.
// class: signal
// signal: 6
// collect: core
// kept:
#include <stdlib.h>
#include <sys/resource.h>
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &all);
    abort();
}

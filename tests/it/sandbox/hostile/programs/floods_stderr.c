// Writes without end, to the other stream, and ignores all that could stop it.
// class: output_limit
// limits: output=64
#include <signal.h>
#include <unistd.h>
int main(void) {
    static char page[4096];
    signal(SIGPIPE, SIG_IGN);
    for (;;) (void)!write(2, page, sizeof page);
}

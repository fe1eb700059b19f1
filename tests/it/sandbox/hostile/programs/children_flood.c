// Children write, the parent sleeps.
// class: output_limit
// limits: output=64
#include <string.h>
#include <unistd.h>
int main(void) {
    static char page[4096];
    memset(page, 'x', sizeof page);
    for (int n = 0; n < 4; n++)
        if (fork() == 0) for (;;) (void)!write(1, page, sizeof page);
    for (;;) pause();
}

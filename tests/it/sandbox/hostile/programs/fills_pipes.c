// Fills as many pipes as it can have. The kernel must stop it long before it matters.
// class: ok
// stdout: bounded
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    static char page[4096];
    long sum = 0;
    int ends[2];
    while (pipe(ends) == 0) {
        fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
        for (long count; (count = write(ends[1], page, sizeof page)) > 0;) sum += count;
    }
    puts(sum < 32 << 20 ? "bounded" : "too much");
    return 0;
}

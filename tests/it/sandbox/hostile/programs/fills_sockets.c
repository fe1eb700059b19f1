// Fills as many sockets as it can have, after asking for larger ones.
// class: ok
// stdout: bounded
#include <stdio.h>
#include <unistd.h>
#include <sys/socket.h>
int main(void) {
    static char page[4096];
    long sum = 0;
    int ends[2], large = 64 << 20;
    while (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
        for (int n = 0; n < 2; n++) {
            setsockopt(ends[n], SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
            for (long count; (count = send(ends[n], page, sizeof page, MSG_DONTWAIT)) > 0;) sum += count;
        }
    puts(sum < 64 << 20 ? "bounded" : "too much");
    return 0;
}

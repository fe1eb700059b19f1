// Wants to be the one that orphans come to, and leaves them.
// class: ok
#include <stdlib.h>
#include <unistd.h>
#include <sys/prctl.h>
int main(int c, char **v) {
    (void)c;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (fork() == 0) {
        if (fork() == 0) execl("/bin/sleep", "sleep", v[1], (char *)0);
        _exit(0);
    }
    usleep(10000);
    return 0;
}

// Puts words into a terminal that somebody else will read.
// class: ok
// stdout:
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    const char *paths[] = {"/dev/tty", "/dev/console", "/dev/ptmx", "/dev/pts/0", "/dev/tty0", "/dev/vcs"};
    for (int n = 0; n < 6; n++) ATTEMPT(open(paths[n], O_RDWR));
    for (int n = 0; n < 4; n++) {
        ATTEMPT(ioctl(n, TIOCSTI, "x"));
        ATTEMPT(ioctl(n, 0x541c, "\3"));
        ATTEMPT(ioctl(n, TIOCSCTTY, 1));
        ATTEMPT(isatty(n) ? 0 : -1);
    }
    ATTEMPT(posix_openpt(O_RDWR));
    return 0;
}

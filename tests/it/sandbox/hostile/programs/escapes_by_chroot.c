// The old way out: a root of its own below, and up again by a descriptor from above.
// class: ok
// stdout:
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    int above = open("/", O_RDONLY | O_DIRECTORY);
    mkdir("/w/jail", 0755);
    ATTEMPT(chroot("/w/jail"));
    (void)!fchdir(above);
    for (int n = 0; n < 64; n++) (void)!chdir("..");
    ATTEMPT(chroot("."));
    ATTEMPT(syscall(SYS_pivot_root, "/w", "/w/jail"));
    ATTEMPT(open("etc/shadow", O_RDONLY));
    ATTEMPT(openat(above, "../../../../../root", O_RDONLY));
    ATTEMPT(open("/proc/1/root/root", O_RDONLY));
    ATTEMPT(open("/proc/self/root/../../root", O_RDONLY));
    ATTEMPT(open("/proc/self/cwd/../../../../../../root", O_RDONLY));
    return 0;
}

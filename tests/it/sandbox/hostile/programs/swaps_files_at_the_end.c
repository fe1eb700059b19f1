// A child swaps a file for a link to another, while files are brought out.
// class: ok
// collect: a
// never: student:
#include <stdio.h>
#include <unistd.h>
int main(void) {
    fclose(fopen("plain", "w"));
    (void)!symlink("/etc/passwd", "link");
    if (fork() == 0) {
        setsid();
        for (;;) {
            (void)!link("plain", "a");
            rename("a", "plain");
            (void)!symlink("/etc/passwd", "a");
            unlink("a");
        }
    }
    usleep(20000);
    return 0;
}

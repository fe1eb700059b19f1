// Children that have ended and are never asked how.
// class: ok|process_limit
// limits: processes=20
// stdout: enough
#include <stdio.h>
#include <unistd.h>
int main(void) {
    int count = 0;
    for (int n = 0; n < 1000; n++) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child < 0) break;
        count++;
    }
    puts(count < 24 ? "enough" : "too many");
    return 0;
}

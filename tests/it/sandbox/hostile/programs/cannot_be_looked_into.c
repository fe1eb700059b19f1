// Forbids others to look into it, and eats memory.
// class: memory_limit
// limits: memory=32 wall=3000
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
int main(void) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    for (;;) {
        char *piece = malloc(1 << 20);
        if (piece) memset(piece, 1, 1 << 20);
    }
}

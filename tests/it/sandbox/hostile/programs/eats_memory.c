// Takes and touches memory until there is none, and then still doesn't end.
// class: memory_limit
// limits: memory=32 wall=3000
#include <stdlib.h>
#include <string.h>
int main(void) {
    for (;;) {
        char *piece = malloc(1 << 20);
        if (piece) memset(piece, 1, 1 << 20);
    }
}

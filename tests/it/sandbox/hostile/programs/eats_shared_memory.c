// Takes memory that is shared with nobody.
// class: memory_limit
// limits: memory=32 wall=3000
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 200; n++) {
        char *piece = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (piece != MAP_FAILED) memset(piece, 1, 1 << 20);
    }
    for (;;) pause();
}

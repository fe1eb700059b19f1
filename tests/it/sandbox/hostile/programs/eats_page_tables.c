// Looks at one byte in every two mebibytes of nothing. The data cost nothing, the tables that lead to them do.
// class: memory_limit
// limits: memory=32 wall=3000
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    long size = 64L << 30;
    volatile char *nothing = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (nothing == MAP_FAILED) return 1;
    madvise((void *)nothing, size, MADV_NOHUGEPAGE);
    for (long at = 0; at < size; at += 2 << 20) (void)nothing[at];
    for (;;) pause();
}

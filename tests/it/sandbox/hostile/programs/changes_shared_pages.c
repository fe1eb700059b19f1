// Writes to a library that all have in memory: its own copy may change, nobody else's.
// class: ok
// stdout: same
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    int file = open("/bin/echo", O_RDONLY), memory = open("/proc/self/mem", O_RDWR);
    char *copy = mmap(0, 4096, PROT_READ, MAP_PRIVATE, file, 0), *shared = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
    (void)!pwrite(memory, "XXXX", 4, (long)copy);
    (void)!pwrite(memory, "XXXX", 4, (long)shared);
    if (mprotect(shared, 4096, PROT_READ | PROT_WRITE) == 0) puts("may write");
    if (mprotect(copy, 4096, PROT_READ | PROT_WRITE) == 0) memcpy(copy, "XXXX", 4);
    char head[4];
    (void)!pread(file, head, 4, 0);
    puts(memcmp(head, "\177ELF", 4) == 0 && memcmp(shared, head, 4) == 0 ? "same" : "changed");
    return 0;
}

// Writes one byte at a time, far from each other.
// class: disk_limit
// limits: disk=2
#include <fcntl.h>
#include <unistd.h>
int main(void) {
    int file = open("/w/x", O_RDWR | O_CREAT, 0600);
    for (long at = 0; at < 1L << 30; at += 4096)
        if (pwrite(file, "x", 1, at) != 1) return 1;
    return 0;
}

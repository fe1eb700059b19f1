// Grows a file through memory, where there is no room.
// class: signal|disk_limit|memory_limit
// limits: disk=2 memory=32
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    int file = open("/dev/shm/x", O_RDWR | O_CREAT, 0600);
    if (ftruncate(file, 2 << 20) != 0) return 1;
    memset(mmap(0, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), 1, 2 << 20);
    return 0;
}

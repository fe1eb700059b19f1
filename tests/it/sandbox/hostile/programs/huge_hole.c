// A file that is all hole.
// class: disk_limit
// signal: 25
#include <fcntl.h>
#include <unistd.h>
int main(void) { return ftruncate(open("/w/x", O_RDWR | O_CREAT, 0600), 1L << 40); }

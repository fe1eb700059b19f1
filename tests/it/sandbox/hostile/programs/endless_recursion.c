// Calls itself until the stack is over.
// class: signal|memory_limit
#include <string.h>
int deeper(int depth) {
    volatile char frame[4096];
    memset((char *)frame, depth, sizeof frame);
    return deeper(depth + 1) + frame[7];
}
int main(void) { return deeper(0); }

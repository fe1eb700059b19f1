// The child of a vfork sleeps, and its parent can't be woken.
// class: wall_time_limit
// limits: wall=200
#include <unistd.h>
int main(void) {
    if (vfork() == 0) for (;;) pause();
    return 0;
}

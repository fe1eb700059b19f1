// Writes one byte now and then, which makes the end no later.
// class: wall_time_limit
// limits: wall=300
#include <unistd.h>
int main(void) {
    for (;;) {
        (void)!write(1, "x", 1);
        usleep(1000);
    }
}

// Each child of a vfork makes the next.
// class: cpu_time_limit|wall_time_limit|nonzero|process_limit
// limits: cpu=100 wall=1000 processes=20
#include <unistd.h>
int main(void) {
    for (;;)
        if (vfork() < 0) _exit(1);
}

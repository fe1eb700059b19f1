// Forks as fast as it can.
// class: cpu_time_limit|wall_time_limit|process_limit
// limits: cpu=150 wall=1000 processes=20
#include <unistd.h>
int main(void) { for (;;) fork(); }

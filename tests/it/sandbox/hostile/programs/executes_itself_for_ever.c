// Becomes itself again and again; the time of all its lives counts.
// class: cpu_time_limit|wall_time_limit
// limits: cpu=100 wall=2000
#include <unistd.h>
int main(int c, char **v) { (void)c; return execv("/proc/self/exe", v); }

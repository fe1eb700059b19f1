// Orphans that make orphans, and never stay to be looked at.
// class: cpu_time_limit|wall_time_limit|process_limit
// limits: cpu=150 wall=1000 processes=20
#include <unistd.h>
int main(void) {
    for (;;) {
        pid_t child = fork();
        if (child == 0 && fork() == 0 && fork() == 0) _exit(0);
        if (child == 0) _exit(0);
    }
}

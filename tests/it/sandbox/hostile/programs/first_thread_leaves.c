// The first thread ends, another spins on.
// class: cpu_time_limit
// limits: cpu=100
#include <pthread.h>
static void *spin(void *x) { for (;;) __asm__ volatile(""); return x; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, spin, 0);
    pthread_exit(0);
}

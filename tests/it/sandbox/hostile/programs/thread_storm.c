// As many threads as it can have.
// class: ok|process_limit
// limits: processes=20 memory=256
// stdout: enough
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *stay(void *x) { for (;;) pause(); return x; }
int main(void) {
    int count = 0;
    pthread_t thread;
    while (count < 1000 && pthread_create(&thread, 0, stay, 0) == 0) count++;
    puts(count < 24 ? "enough" : "too many");
    return 0;
}

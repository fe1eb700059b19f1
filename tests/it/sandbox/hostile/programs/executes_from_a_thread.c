// A thread that is not the first becomes another program.
// class: ok
// stdout: became
#include <pthread.h>
#include <unistd.h>
static void *become(void *x) {
    execl("/bin/echo", "echo", "became", (char *)0);
    return x;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, become, 0);
    pthread_join(thread, 0);
    return 1;
}

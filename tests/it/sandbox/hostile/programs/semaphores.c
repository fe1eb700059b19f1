// As many semaphores as there are.
// class: ok
// stdout:
#include <stdlib.h>
#include <sys/sem.h>
#include "attempt.h"
int main(int c, char **v) {
    (void)c;
    ATTEMPT(semget(IPC_PRIVATE, 32000, IPC_CREAT | 0600));
    semget(atoi(v[1]), 4, IPC_CREAT | 0600);
    return 0;
}

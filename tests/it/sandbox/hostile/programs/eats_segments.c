// Takes System V segments and lets go of them, filled.
// class: memory_limit
// limits: memory=32 wall=3000
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>
int main(int c, char **v) {
    (void)c;
    for (int n = 0; n < 200; n++) {
        int segment = shmget(atoi(v[1]) + n, 1 << 20, IPC_CREAT | 0600);
        char *piece = shmat(segment, 0, 0);
        if (piece != (void *)-1) {
            memset(piece, 1, 1 << 20);
            shmdt(piece);
        }
    }
    for (;;) pause();
}

#include <stdio.h>

int main(void)
{
    int count = 0;
    if (scanf("%d", &count) != 1) {
        return 1;
    }

    long long total = 0;
    int longest = -1; /* no stage so far */
    for (int i = 0; i < count; i++) {
        int metres = 0;
        if (scanf("%d", &metres) != 1) {
            return 1;
        }
        total += metres;
        if (metres > longest) {
            longest = metres;
        }
    }

    printf("total %lld\n", total);
    if (longest < 0) {
        printf("longest -\n");
    } else {
        printf("longest %d\n", longest);
    }
    return 0;
}

#include <stdio.h>

int main(void)
{
    int count = 0;
    if (scanf("%d", &count) != 1) {
        return 1;
    }

    long long total = 0;
    for (int i = 0; i < count; i++) {
        int metres = 0;
        if (scanf("%d", &metres) != 1) {
            return 1;
        }
        /* Here is a stage of that many metres. What has to be done with it? */
    }

    printf("total %lld\n", total);
    printf("longest -\n");
    return 0;
}

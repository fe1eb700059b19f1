// What hostile programs have in common: to try what must not work, and to tell if it did.
#include <stdio.h>
#define ATTEMPT(call) do { if ((long)(call) != -1) { puts("worked: " #call); fflush(stdout); } } while (0)

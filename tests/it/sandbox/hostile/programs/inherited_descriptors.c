// Descriptors that somebody forgot to close.
// class: ok
// stdout:
#include <fcntl.h>
#include "attempt.h"
int main(void) {
    for (int n = 4; n < 4096; n++) ATTEMPT(fcntl(n, F_GETFD));
    return 0;
}

// Wants capabilities: its own back, and from a file.
// class: ok
// stdout:
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{~0u, ~0u, ~0u}, {~0u, ~0u, ~0u}};
    ATTEMPT(syscall(SYS_capset, &head, sets));
    for (int n = 0; n < 41; n++) ATTEMPT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n, 0, 0));
    ATTEMPT(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    ATTEMPT(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
    ATTEMPT(syscall(SYS_setxattr, "/w", "security.capability", "x", 1, 0));
    return 0;
}

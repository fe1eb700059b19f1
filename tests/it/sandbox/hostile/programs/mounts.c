// Mounts of every kind, by the old calls and the new.
// class: ok
// stdout:
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "attempt.h"
int main(void) {
    mkdir("/w/a", 0755);
    mkdir("/w/b", 0755);
    const char *kinds[] = {"tmpfs", "proc", "sysfs", "devtmpfs", "overlay", "cgroup2", "bpf", "debugfs", "fuse", "mqueue", "devpts", "binfmt_misc"};
    for (unsigned n = 0; n < sizeof kinds / sizeof *kinds; n++) {
        ATTEMPT(mount("none", "/w/a", kinds[n], 0, "lowerdir=/usr,upperdir=/w/b,workdir=/w/b"));
        ATTEMPT(syscall(SYS_fsopen, kinds[n], 0));
    }
    ATTEMPT(mount("/usr", "/w/a", 0, MS_BIND | MS_REC, 0));
    ATTEMPT(mount(0, "/usr", 0, MS_REMOUNT | MS_BIND, 0));
    ATTEMPT(mount(0, "/", 0, MS_SHARED | MS_REC, 0));
    ATTEMPT(umount2("/proc", MNT_DETACH));
    ATTEMPT(umount2("/w", MNT_DETACH));
    ATTEMPT(umount2("/dev/null", MNT_DETACH));
    ATTEMPT(syscall(SYS_open_tree, AT_FDCWD, "/usr", 1));
    ATTEMPT(syscall(SYS_move_mount, AT_FDCWD, "/usr", AT_FDCWD, "/w/a", 0));
    struct { unsigned long set, clear, propagation, user; } change = {0, 1, 0, 0};
    ATTEMPT(syscall(SYS_mount_setattr, AT_FDCWD, "/usr", 0x8000, &change, sizeof change));
    return 0;
}

// Files by number, past all folders: the hole of an old container.
// class: ok
// stdout:
#include <fcntl.h>
#include <stdlib.h>
#include "attempt.h"
int main(void) {
    struct file_handle *handle = calloc(1, sizeof *handle + 128);
    int mount;
    handle->handle_bytes = 128;
    ATTEMPT(name_to_handle_at(AT_FDCWD, "/usr", handle, &mount, 0));
    handle->handle_bytes = 8;
    handle->handle_type = 1;
    handle->f_handle[0] = 2;
    ATTEMPT(open_by_handle_at(AT_FDCWD, handle, O_RDONLY));
    ATTEMPT(open_by_handle_at(0, handle, O_RDONLY));
    return 0;
}

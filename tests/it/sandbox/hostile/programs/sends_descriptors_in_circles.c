// Sends sockets through themselves, so that nobody holds them any more.
// class: ok
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 2000; n++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) break;
        char byte = 0, space[CMSG_SPACE(sizeof ends)];
        struct iovec piece = {&byte, 1};
        struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof ends);
        memcpy(CMSG_DATA(head), ends, sizeof ends);
        sendmsg(ends[0], &message, MSG_DONTWAIT);
        close(ends[0]);
        close(ends[1]);
    }
    return 0;
}

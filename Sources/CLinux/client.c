#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_wait_socket(int descriptor, int for_writing, int milliseconds) {
    struct pollfd wait = {.fd = descriptor, .events = for_writing ? POLLOUT : POLLIN};
    int ready = poll(&wait, 1, milliseconds);
    return ready < 0 ? (errno == EINTR ? 0 : -errno) : ready;
}

static int connect_one(const struct addrinfo *target, int milliseconds) {
    int descriptor = socket(target->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int code = 0;
    if (connect(descriptor, target->ai_addr, target->ai_addrlen) != 0) {
        code = errno;
        if (code == EINPROGRESS) {
            socklen_t size = sizeof(code);
            int ready = clinux_wait_socket(descriptor, 1, milliseconds);
            if (ready <= 0)
                code = ready == 0 ? ETIMEDOUT : -ready;
            else if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
                code = errno;
        }
    }
    if (code != 0) {
        close(descriptor);
        return -code;
    }
    int on = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

int clinux_connect_host(const char *host, const char *port, int milliseconds) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0) return -ENOENT;
    int result = -ENOENT;
    for (const struct addrinfo *next = found; next; next = next->ai_next) {
        result = connect_one(next, milliseconds);
        if (result >= 0) break;
    }
    freeaddrinfo(found);
    return result;
}

int clinux_notify(const char *path, const void *bytes, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return -EINVAL;
    memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') address.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, size);
    int code = sent < 0 ? -errno : 0;
    close(descriptor);
    return code;
}

int clinux_file_mode(const char *path) {
    struct stat found;
    if (stat(path, &found) != 0) return -errno;
    return (int)(found.st_mode & 07777);
}

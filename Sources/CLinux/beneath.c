#define _GNU_SOURCE
#include "CLinuxBeneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// O_NONBLOCK: opening a FIFO that nobody writes must not stop the server.
#define READING (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int clinux_open_root(const char *path) {
    int descriptor = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_open_stepwise(int root, const char *path) {
    char name[256];
    int directory = root;
    for (;;) {
        size_t length = strcspn(path, "/");
        int is_last = path[length] == 0;
        int descriptor;
        if (length == 0 || length >= sizeof name || (length == 2 && path[0] == '.' && path[1] == '.')) {
            descriptor = -ENOENT;
        } else {
            memcpy(name, path, length);
            name[length] = 0;
            int flags = O_NOFOLLOW | (is_last ? READING : O_PATH | O_DIRECTORY | O_CLOEXEC);
            descriptor = openat(directory, name, flags);
            if (descriptor < 0) descriptor = -errno;
        }
        if (directory != root) close(directory);
        if (is_last || descriptor < 0) return descriptor;
        directory = descriptor;
        path += length + 1;
    }
}

int clinux_open_beneath(int root, const char *path) {
    struct open_how how = {
        .flags = READING,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    // EAGAIN: something on the way was renamed while the kernel looked.
    for (int attempt = 0; attempt < 8; attempt++) {
        long descriptor = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (descriptor >= 0) return (int)descriptor;
        if (errno == EAGAIN || errno == EINTR) continue;
        if (errno == ENOSYS || errno == EPERM) return clinux_open_stepwise(root, path);
        return -errno;
    }
    return -EAGAIN;
}

int clinux_stat_descriptor(int descriptor, struct clinux_file *file) {
    struct stat found;
    if (fstat(descriptor, &found) != 0) return -errno;
    file->size = found.st_size;
    file->modified_ns = (int64_t)found.st_mtim.tv_sec * 1000000000 + found.st_mtim.tv_nsec;
    file->changed_ns = (int64_t)found.st_ctim.tv_sec * 1000000000 + found.st_ctim.tv_nsec;
    file->device = found.st_dev;
    file->inode = found.st_ino;
    file->is_regular = S_ISREG(found.st_mode);
    file->is_directory = S_ISDIR(found.st_mode);
    return 0;
}

int64_t clinux_read_at(int descriptor, void *bytes, int64_t count, int64_t offset) {
    int64_t done = 0;
    while (done < count) {
        ssize_t part = pread(descriptor, (char *)bytes + done, count - done, offset + done);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return -errno;
        if (part == 0) break;
        done += part;
    }
    return done;
}

void clinux_close_file(int descriptor) { close(descriptor); }

#define _GNU_SOURCE
#include "CLinuxFiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RETRY(call)                                                                                                    \
    ({                                                                                                                 \
        __typeof__(call) result;                                                                                       \
        do result = (call);                                                                                            \
        while (result < 0 && errno == EINTR);                                                                          \
        result < 0 ? -errno : result;                                                                                  \
    })

int clinux_open_to_read(const char *path) { return RETRY(open(path, O_RDONLY | O_CLOEXEC)); }

int clinux_open_new(const char *path) {
    return RETRY(open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
}

int clinux_open_truncated(const char *path) {
    return RETRY(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
}

int clinux_open_lock_file(const char *path) { return RETRY(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)); }

// Not repeated: on Linux the descriptor is gone even when close says EINTR.
int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }

int clinux_close(int fd) { return close(fd) < 0 && errno != EINTR ? -errno : 0; }

long clinux_read(int fd, void *buffer, size_t count) { return RETRY(read(fd, buffer, count)); }

long clinux_write(int fd, const void *bytes, size_t count) { return RETRY(write(fd, bytes, count)); }

int clinux_write_all(int fd, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        long written = clinux_write(fd, next, count);
        if (written == -EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            RETRY(poll(&wait, 1, -1));
            continue;
        }
        if (written < 0) return (int)written;
        next += written;
        count -= (size_t)written;
    }
    return 0;
}

bool clinux_is_terminal(int fd) { return isatty(fd) == 1; }

int clinux_truncate(int fd, int64_t length) { return RETRY(ftruncate(fd, length)); }

// Not repeated after EINTR or anything else: a failed sync may have dropped the pages it could not write.
int clinux_fsync(int fd) { return fsync(fd) < 0 ? -errno : 0; }

int clinux_fdatasync(int fd) { return fdatasync(fd) < 0 ? -errno : 0; }

int clinux_lock(int fd) { return RETRY(flock(fd, LOCK_EX | LOCK_NB)); }

int clinux_rename(const char *from, const char *to) { return rename(from, to) < 0 ? -errno : 0; }

int clinux_link(const char *from, const char *to) { return link(from, to) < 0 ? -errno : 0; }

int clinux_unlink(const char *path) { return unlink(path) < 0 ? -errno : 0; }

int clinux_make_directory(const char *path) { return mkdir(path, 0700) < 0 ? -errno : 0; }

int clinux_remove_directory(const char *path) { return rmdir(path) < 0 ? -errno : 0; }

int clinux_file_kind(const char *path) {
    struct stat info;
    if (lstat(path, &info) < 0) return -errno;
    return S_ISREG(info.st_mode) ? 1 : S_ISDIR(info.st_mode) ? 2 : 0;
}

int clinux_sync_directory(const char *path) {
    int fd = RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0) return fd;
    int result = clinux_fsync(fd);
    close(fd);
    return result;
}

int64_t clinux_file_size(const char *path) {
    struct stat info;
    return stat(path, &info) < 0 ? -errno : info.st_size;
}

int64_t clinux_file_time(const char *path) {
    struct stat info;
    if (stat(path, &info) < 0) return -errno;
    return (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
}

int64_t clinux_list(const char *path, char *buffer, size_t capacity) {
    DIR *directory = opendir(path);
    if (!directory) return -errno;
    size_t length = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (!entry) break;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        size_t size = strlen(entry->d_name) + 1;
        if (length + size <= capacity) memcpy(buffer + length, entry->d_name, size);
        length += size;
    }
    int error = errno;
    closedir(directory);
    return error ? -error : (int64_t)length;
}

int clinux_space(const char *path, uint64_t *total, uint64_t *available) {
    struct statvfs info;
    if (RETRY(statvfs(path, &info)) < 0) return -errno;
    *total = (uint64_t)info.f_blocks * info.f_frsize;
    *available = (uint64_t)info.f_bavail * info.f_frsize;
    return 0;
}

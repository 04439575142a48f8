// A disk that fails when it is told to: loaded before libc (LD_PRELOAD), it lets the nth call of a kind on files of one
// directory fail, once or for ever.
//
//   FAULT_DIRECTORY  files below it are meant, by their absolute path
//   FAULT_CALL       write, fsync, fdatasync or rename
//   FAULT_AT         the first call that fails, counted from 1
//   FAULT_ERROR      the errno; 0: write takes half of what it is given, and nothing fails
//   FAULT_LASTS      1: all calls behind it fail as well, until the file FAULT_OVER exists
//   FAULT_FIRED      a file that gets a byte for each call that has failed
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long calls;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int is_below(const char *path) {
    const char *directory = setting("FAULT_DIRECTORY");
    size_t length = strlen(directory);
    return length > 0 && !strncmp(path, directory, length);
}

static int is_meant(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

static int strikes(const char *call) {
    if (strcmp(call, setting("FAULT_CALL"))) return 0;
    long number = atomic_fetch_add(&calls, 1) + 1, first = atol(setting("FAULT_AT"));
    if (number < first) return 0;
    if (number > first && (atoi(setting("FAULT_LASTS")) == 0 || !access(setting("FAULT_OVER"), F_OK))) return 0;
    int note = open(setting("FAULT_FIRED"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (note >= 0) {
        syscall(SYS_write, note, "!", 1);
        close(note);
    }
    return 1;
}

static int error(void) { return atoi(setting("FAULT_ERROR")); }

ssize_t write(int fd, const void *bytes, size_t count) {
    if (is_meant(fd) && strikes("write")) {
        if (error() == 0) return syscall(SYS_write, fd, bytes, count / 2 > 0 ? count / 2 : count);
        errno = error();
        return -1;
    }
    return syscall(SYS_write, fd, bytes, count);
}

int fsync(int fd) {
    if (is_meant(fd) && strikes("fsync")) {
        errno = error();
        return -1;
    }
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    if (is_meant(fd) && strikes("fdatasync")) {
        errno = error();
        return -1;
    }
    return syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to) {
    if (is_below(from) && strikes("rename")) {
        errno = error();
        return -1;
    }
    return syscall(SYS_rename, from, to);
}

// Opening files by names that came from outside, without ever leaving a directory.
#ifndef CLINUX_BENEATH_H
#define CLINUX_BENEATH_H

#include <stdint.h>

struct clinux_file {
    int64_t size;
    int64_t modified_ns;
    int64_t changed_ns;
    uint64_t device;
    uint64_t inode;
    int is_regular;
    int is_directory;
};

/// Opens a directory to open others beneath: a descriptor or a negative errno.
int clinux_open_root(const char *path);

/// Opens `path`, relative to the directory `root`, for reading: a descriptor or a negative errno.
/// Symbolic links may lead anywhere inside the root and nowhere else; where the kernel cannot promise that, all are
/// refused.
int clinux_open_beneath(int root, const char *path);

/// The same without the kernel's promise, for a kernel or sandbox that lacks openat2. Visible for its tests.
int clinux_open_stepwise(int root, const char *path);

/// 0 or a negative errno.
int clinux_stat_descriptor(int descriptor, struct clinux_file *file);

/// The number of bytes read at `offset`, fewer only at the end of the file; or a negative errno.
int64_t clinux_read_at(int descriptor, void *bytes, int64_t count, int64_t offset);

void clinux_close_file(int descriptor);

#endif

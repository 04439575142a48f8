// Files and directories, and the checksum of what is in them. Every function that can fail returns -errno, so that
// nothing can disturb errno on the way to Swift; interrupted calls are repeated here.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An existing file, for reading.
int clinux_open_to_read(const char *path);
/// A new and empty file, for writing at its end; fails with -EEXIST where one is.
int clinux_open_new(const char *path);
/// An empty file, for writing at its end; what was there is gone.
int clinux_open_truncated(const char *path);
/// For `flock`: created when it is missing, its content untouched.
int clinux_open_lock_file(const char *path);
int clinux_close(int fd);
/// A pipe whose ends no program started meanwhile inherits.
int clinux_pipe(int ends[2]);

long clinux_read(int fd, void *buffer, size_t count);
/// May write less than asked for, like write(2).
long clinux_write(int fd, const void *bytes, size_t count);
/// Writes everything, waiting if the descriptor is in non-blocking mode.
int clinux_write_all(int fd, const void *bytes, size_t count);
bool clinux_is_terminal(int fd);
int clinux_truncate(int fd, int64_t length);
int clinux_fsync(int fd);
int clinux_fdatasync(int fd);
/// Takes an exclusive lock without waiting: -EWOULDBLOCK when another process holds it.
int clinux_lock(int fd);

int clinux_rename(const char *from, const char *to);
int clinux_link(const char *from, const char *to);
int clinux_unlink(const char *path);
int clinux_make_directory(const char *path);
int clinux_remove_directory(const char *path);
int clinux_sync_directory(const char *path);
/// 1 for a plain file, 2 for a directory, 0 for anything else; a link is what it is.
int clinux_file_kind(const char *path);
int64_t clinux_file_size(const char *path);
/// Modification time in microseconds since 1970.
int64_t clinux_file_time(const char *path);
/// Writes the names in a directory, each followed by NUL, into the buffer; "." and ".." are left out. The result is the
/// length of all names, also when the buffer is too small for it.
int64_t clinux_list(const char *path, char *buffer, size_t capacity);
/// Bytes in the file system: all, and those still free to an ordinary process.
int clinux_space(const char *path, uint64_t *total, uint64_t *available);

/// CRC-32C (Castagnoli) of the bytes, going on from `crc` (0 at the beginning).
uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t count);
/// The same by tables, whatever the processor can do: for tests.
uint32_t clinux_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif

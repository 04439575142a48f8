// A client's side of sockets, and the service manager's notification socket.
#ifndef CLINUX_CLIENT_H
#define CLINUX_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/// A connected, non-blocking TCP socket, or a negative errno; ENOENT when nobody knows the name.
int clinux_connect_host(const char *host, const char *port, int milliseconds);
/// 1 when the socket can be read (or written), 0 when the time is over, or a negative errno. -1 ms waits for ever.
int clinux_wait_socket(int descriptor, int for_writing, int milliseconds);
/// Sends one datagram to a unix socket; a path that begins with '@' is abstract. 0, or a negative errno.
int clinux_notify(const char *path, const void *bytes, size_t count);
/// The permission bits of what is at the path, or a negative errno.
int clinux_file_mode(const char *path);

#endif

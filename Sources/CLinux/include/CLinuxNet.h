// Sockets, epoll and descriptors. Every function that can fail returns a negative errno value instead of setting
// errno, and calls that a signal interrupts are repeated.
#ifndef CLINUX_NET_H
#define CLINUX_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/uio.h>

/// Nanoseconds of the monotonic clock.
uint64_t clinux_monotonic(void);
/// Fills `bytes` from the kernel's random source.
void clinux_random(void *bytes, size_t count);

int clinux_epoll_create(void);
/// `operation` is EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL.
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data);
/// Waits at most `nanoseconds` (negative: for ever) and fills up to `room` events.
int clinux_epoll_wait(int epoll, void *events, int room, int64_t nanoseconds);
static inline size_t clinux_event_size(void) { return sizeof(struct epoll_event); }
static inline uint64_t clinux_event_data(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].data.u64;
}
static inline uint32_t clinux_event_mask(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].events;
}

int clinux_eventfd(void);
void clinux_eventfd_signal(int descriptor);

/// Blocks the signals in the calling thread and those it starts later.
int clinux_block_signals(const int *signals, int count);
int clinux_signalfd(const int *signals, int count);
/// The next signal's number, 0 when there is none.
int clinux_signalfd_read(int descriptor);

/// Listens on a numeric IPv4 or IPv6 address.
int clinux_listen_ip(const char *address, uint16_t port, int backlog, int reuse_port);
int clinux_listen_unix(const char *path, int backlog);
/// Prepares a socket that came from a parent process: non-blocking, closed on exec.
int clinux_adopt(int descriptor);
/// The port of a bound socket, 0 for one that has none.
int clinux_local_port(int descriptor);
/// The next waiting connection. `address` receives 16 bytes (IPv4 as ::ffff:a.b.c.d), `port` is -1 for a unix socket.
int clinux_accept(int descriptor, uint8_t *address, int *port);
int clinux_connect_ip(const char *address, uint16_t port);
int clinux_socketpair(int descriptors[2]);
void clinux_no_delay(int descriptor);

intptr_t clinux_receive(int descriptor, void *bytes, size_t count);
intptr_t clinux_send(int descriptor, const void *bytes, size_t count);
intptr_t clinux_send_vector(int descriptor, struct iovec *parts, int count);
void clinux_shutdown_write(int descriptor);
/// A descriptor kept only to be given up when there is no other one.
int clinux_spare_descriptor(void);
/// Raises the soft limit of open descriptors to `wanted`, as far as the hard limit allows; answers what holds now.
int64_t clinux_raise_descriptor_limit(int64_t wanted);

void clinux_name_thread(unsigned long thread, const char *name);

/// Address space whose pages cost memory only once they are touched.
void *clinux_reserve(size_t count);
void clinux_unreserve(void *start, size_t count);

#endif

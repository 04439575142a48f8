// Threads, and a lock with a condition. The lock is a pthread mutex on purpose: ThreadSanitizer understands it.
#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct clinux_monitor clinux_monitor;

clinux_monitor *clinux_monitor_make(void);
void clinux_monitor_free(clinux_monitor *monitor);
void clinux_monitor_lock(clinux_monitor *monitor);
void clinux_monitor_unlock(clinux_monitor *monitor);
/// Waits, the lock being held, until somebody wakes or the time is over; a negative time has no end.
void clinux_monitor_wait(clinux_monitor *monitor, int64_t nanoseconds);
void clinux_monitor_wake(clinux_monitor *monitor);

/// Starts a thread that receives no signals; `nice` is added to its niceness. 0 when it cannot be had.
uint64_t clinux_thread_start(void (*body)(void *), void *context, const char *name, int nice);
void clinux_thread_join(uint64_t thread);

/// Nanoseconds that never run backwards.
int64_t clinux_monotonic_nanoseconds(void);
/// Microseconds since 1970.
int64_t clinux_wall_microseconds(void);
int clinux_process_id(void);
/// Whether a process has this number.
bool clinux_process_exists(int process);
/// Random bytes from the kernel.
uint64_t clinux_random_word(void);

#endif

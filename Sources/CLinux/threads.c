#define _GNU_SOURCE
#include "CLinuxThreads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct clinux_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

clinux_monitor *clinux_monitor_make(void) {
    clinux_monitor *monitor = malloc(sizeof *monitor);
    if (!monitor) abort();
    pthread_mutex_init(&monitor->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monitor->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return monitor;
}

void clinux_monitor_free(clinux_monitor *monitor) {
    pthread_cond_destroy(&monitor->changed);
    pthread_mutex_destroy(&monitor->mutex);
    free(monitor);
}

void clinux_monitor_lock(clinux_monitor *monitor) { pthread_mutex_lock(&monitor->mutex); }

void clinux_monitor_unlock(clinux_monitor *monitor) { pthread_mutex_unlock(&monitor->mutex); }

void clinux_monitor_wait(clinux_monitor *monitor, int64_t nanoseconds) {
    if (nanoseconds < 0) {
        pthread_cond_wait(&monitor->changed, &monitor->mutex);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec += nanoseconds % 1000000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&monitor->changed, &monitor->mutex, &until);
}

void clinux_monitor_wake(clinux_monitor *monitor) { pthread_cond_broadcast(&monitor->changed); }

struct start {
    void (*body)(void *);
    void *context;
    int nice;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    // On Linux a niceness belongs to the thread. One that cannot be had is no reason not to work.
    if (start.nice) setpriority(PRIO_PROCESS, 0, start.nice);
    start.body(start.context);
    return NULL;
}

uint64_t clinux_thread_start(void (*body)(void *), void *context, const char *name, int nice) {
    struct start *start = malloc(sizeof *start);
    if (!start) return 0;
    *start = (struct start){body, context, nice};
    // Signals are the main thread's affair: the mask is inherited by the new thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(start);
        return 0;
    }
    pthread_setname_np(thread, name);
    return (uint64_t)thread;
}

void clinux_thread_join(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }

int64_t clinux_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clinux_wall_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int clinux_process_id(void) { return getpid(); }

bool clinux_process_exists(int process) { return kill(process, 0) == 0 || errno != ESRCH; }

uint64_t clinux_random_word(void) {
    uint64_t word;
    while (getrandom(&word, sizeof word, 0) != sizeof word) {
        if (errno != EINTR) abort();
    }
    return word;
}

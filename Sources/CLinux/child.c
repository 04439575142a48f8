#define _GNU_SOURCE
#include "CLinuxChild.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int clinux_pin(int first, int cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int core = first; core < first + cores && core < CPU_SETSIZE; core++) CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int clinux_start_child(char *const *words, int output, int first, int cores) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) return child < 0 ? -errno : child;
    // From here to exec only what a process with other threads may do after fork.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(output, STDOUT_FILENO) >= 0 && (cores == 0 || clinux_pin(first, cores) == 0))
        execv(words[0], words);
    _exit(127);
}

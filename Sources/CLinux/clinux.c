#include "CLinux.h"

int clinux_errno(void) { return errno; }

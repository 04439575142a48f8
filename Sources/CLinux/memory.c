#include <malloc.h>

#include "CLinux.h"

void clinux_return_freed_memory(void) { mallopt(M_MMAP_THRESHOLD, 128 * 1024); }

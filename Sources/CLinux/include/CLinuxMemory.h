#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

/// Memory that a table has outgrown goes back to the system at once, instead of lying about between smaller pieces.
void clinux_return_freed_memory(void);

#endif

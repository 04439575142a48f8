// A program that does not outlive the one that started it.
#ifndef CLINUX_CHILD_H
#define CLINUX_CHILD_H

/// Starts the program words[0] with these words, its standard output going to `output`. It is told to end (SIGTERM) when
/// the calling thread ends, however that happens. It runs on `cores` processors from `first` on; 0: where the caller
/// runs. Its process id, or a negative errno.
int clinux_start_child(char *const *words, int output, int first, int cores);

/// Lets the calling thread, and what it starts from now on, run on these processors only. 0 or a negative errno.
int clinux_pin(int first, int cores);

#endif

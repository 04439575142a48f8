// The few Linux calls that Swift's Glibc module does not import, or imports badly (unions, variadic functions,
// macros), as functions over plain integers and pointers.
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>

#include "CLinuxBeneath.h"
#include "CLinuxChild.h"
#include "CLinuxClient.h"
#include "CLinuxMemory.h"
#include "CLinuxNet.h"

/// The calling thread's errno, read before anything else can change it.
int clinux_errno(void);

#include "CLinuxFiles.h"
#include "CLinuxThreads.h"

#endif

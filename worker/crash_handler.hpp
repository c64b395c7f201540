#pragma once

#include "lib/segments/layout.hpp"

namespace muster::detail {

// In the process that supervisors are forked from, or that becomes one: the first backtrace loads
// the unwinder, which allocates, and that is not for a signal handler to do.
void warm_up_backtrace();

// REQUIRES: warm_up_backtrace(), here or in the process this one was forked from. From now on a
// SEGV, BUS, ILL, FPE or ABRT of this process leaves signal, address and raw frames in `record`
// before it ends the process as it would have.
void install_crash_handler(CrashRecord& record);

}  // namespace muster::detail

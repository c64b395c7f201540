#pragma once

#include "lib/segments/layout.hpp"

namespace muster::detail {

// From now on a SEGV, BUS, ILL, FPE or ABRT of this process leaves signal, address and raw frames
// in `record` before it ends the process as it would have.
void install_crash_handler(CrashRecord& record);

}  // namespace muster::detail

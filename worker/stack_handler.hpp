#pragma once

#include "lib/telemetry/stack_record.hpp"

namespace muster::detail {

// REQUIRES: install_crash_handler(), whose stack the handler runs on. From now on a SIGURG to the
// main thread of this process leaves in `record` where it is; see stack_record.hpp.
void install_stack_handler(StackRecord& record);

}  // namespace muster::detail

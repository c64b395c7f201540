#pragma once

#include "lib/telemetry/stack_record.hpp"

namespace muster::detail {

// From now on a SIGURG to the main thread of this process leaves in `record` where it is; see
// stack_record.hpp. It runs on the alternate signal stack, where there is one.
void install_stack_handler(StackRecord& record);

}  // namespace muster::detail

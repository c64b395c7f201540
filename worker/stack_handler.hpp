#pragma once

#include "lib/segments/views.hpp"

namespace muster::detail {

// From now on a SIGURG to the main thread of this process leaves in the window where it is; see
// stack_record.hpp. It runs on the alternate signal stack, where there is one.
void install_stack_handler(const WindowView& window);

}  // namespace muster::detail

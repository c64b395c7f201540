#pragma once

namespace muster::detail {

class ProcessCore;

// The process pools of this process: a child that is forked from it must let go of what it
// inherits of them. Thread safety: any.
void register_pool(ProcessCore& core);
void unregister_pool(ProcessCore& core);

}  // namespace muster::detail

#pragma once

namespace muster::detail {

// From now on this thread, and what it makes, gets its memory from this NUMA node alone. False, and
// errno, where the kernel refuses.
bool bind_memory(unsigned node);

// Whether it could: tries, and sets back what was. errno where not.
bool can_bind_memory(unsigned node);

}  // namespace muster::detail

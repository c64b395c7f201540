#pragma once

namespace muster::detail {

// What a rank other than 0 does, from muster::init() or its first pool on: serves rank 0's pools
// until that ends, then ends the process. REQUIRES: MPI was not initialised.
[[noreturn]] void serve_rank();

}  // namespace muster::detail

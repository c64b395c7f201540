#pragma once

#include <cstdint>
#include <vector>

namespace muster::detail {

struct Denied {
  bool network = false;
  bool processes = false;
};

// The seccomp program that denies it. Made in the client, so that a worker needs no library for it
// and no memory. Throws InvalidArgumentError where the kernel has no filters or the build no
// libseccomp.
std::vector<std::uint64_t> system_call_filter(const Denied& denied);

}  // namespace muster::detail

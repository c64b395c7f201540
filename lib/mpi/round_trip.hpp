#pragma once

#include <algorithm>
#include <cstdint>

namespace muster::detail {

// How long a message to a rank and what comes back are on their way, without the time between them
// in the rank: a batch with tasks ends with rank 0's clock, and the next batch of the rank says
// what that clock would show if the rank had answered at once. It includes how late either thread
// looks.
class RoundTrip {
 public:
  // A link that is slower than that is not waited for by giving its rank ever more ahead.
  static constexpr std::int64_t kLongestNs = 100'000'000;

  std::int64_t ns() const { return ns_; }

  void took(std::int64_t ns) {
    constexpr std::int64_t kMemory = 8;  // in batches
    ns = std::clamp<std::int64_t>(ns, 0, kLongestNs);
    ns_ = known_ ? ns_ + (ns - ns_) / kMemory : ns;
    known_ = true;
  }

 private:
  std::int64_t ns_ = 0;
  bool known_ = false;
};

}  // namespace muster::detail

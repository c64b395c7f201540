#include "lib/futures/spin.hpp"

#include "lib/common/cpus.hpp"

namespace muster::detail {

SpinState& spin_state() noexcept {
  [[gnu::tls_model("initial-exec")]] static constinit thread_local SpinState state;
  return state;
}

std::uint32_t most_looks() noexcept {
  static const std::uint32_t most = usable_cpus() > 1 ? kMostLooks : 0;
  return most;
}

}  // namespace muster::detail

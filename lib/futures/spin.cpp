#include "lib/futures/spin.hpp"

#include "lib/common/cpus.hpp"

namespace muster::detail {

SpinState& spin_state() noexcept {
  [[gnu::tls_model("initial-exec")]] static constinit thread_local SpinState state;
  return state;
}

bool may_spin() noexcept {
  static const bool several = usable_cpus() > 1;
  return several;
}

}  // namespace muster::detail

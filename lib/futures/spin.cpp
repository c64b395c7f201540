#include "lib/futures/spin.hpp"

#include "lib/common/cpus.hpp"

namespace muster::detail {

SpinState& spin_state() noexcept {
  [[gnu::tls_model("initial-exec")]] static constinit thread_local SpinState state;
  return state;
}

int spin_looks() noexcept {
  static const int looks = usable_cpus() > 1 ? 150 : 0;
  return looks;
}

}  // namespace muster::detail

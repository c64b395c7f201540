#include "bench/probes/gate.hpp"

#include <atomic>
#include <cstdint>

#include "bench/probes/shared_page.hpp"
#include "bench/probes/shared_word.hpp"

namespace bench {

namespace {

struct SharedGate {
  std::atomic<std::uint32_t> closed;
  std::atomic<std::uint32_t> waiting;
};

SharedGate* shared = nullptr;

constexpr auto kWaitAtGate = [](int n) {
  shared->waiting.fetch_add(1);
  wake_all(shared->waiting);
  sleep_while(shared->closed, 1);
  return n;
};

}  // namespace

void prepare_gate() { shared = &make_shared_object<SharedGate>(); }

Gate::Gate(muster::ProcessPoolExecutor& pool, std::size_t workers) {
  shared->waiting.store(0);
  shared->closed.store(1);
  for (std::uint32_t i = 0; i < workers; ++i) {
    // One after the other: those before it hold a worker each, so this one finds another.
    waiting_.push_back(pool.submit(kWaitAtGate, 0));
    sleep_while(shared->waiting, i);
  }
}

void Gate::open() noexcept {
  shared->closed.store(0);
  wake_all(shared->closed);
}

}  // namespace bench

#include "lib/client/trace_sampler.hpp"

#include <algorithm>

namespace muster::detail {

namespace {
// A look at each takes a cache line from it.
constexpr std::uint32_t kWorkersInALook = 4;
}  // namespace

TraceSampler::TraceSampler(const ResultsView& results, std::atomic<std::uint64_t>& told)
    : results_(results), told_(&told), chance_(ticks_now() | 1) {
  told_->store(1, std::memory_order_relaxed);  // for who looks in
}

void TraceSampler::look(std::uint8_t name) {
  const std::uint32_t workers = results_.geometry.workers;
  std::uint64_t shortest = 0;
  for (std::uint32_t i = 0; i < std::min(workers, kWorkersInALook); ++i) {
    worker_ = (worker_ + 1) % workers;
    const NameTelemetry& of = results_.window(worker_).telemetry().head().names[name];
    // Relaxed: a measure of late.
    const std::uint64_t recent = of.recent_ticks.load(std::memory_order_relaxed);
    // What one says that has not run any for long is old. Too few chosen do no harm: the workers
    // time what is long by themselves.
    if (recent != 0) shortest = shortest == 0 ? recent : std::min(shortest, recent);
  }
  OfName& of = names_[name];
  const bool dense = shortest == 0 || shortest >= kTinyTicks;
  of.left = draw();
  if (dense == of.dense) return;
  of.dense = dense;
  dense ? --sparse_ : ++sparse_;
  // For who looks in.
  told_->store(std::uint64_t{1} << (sparse_ == 0 ? 0 : kSparseLog2), std::memory_order_relaxed);
}

// From 1 to 127, so that of many tasks one in 64 is the next.
std::uint32_t TraceSampler::draw() {
  // Marsaglia's xorshift.
  chance_ ^= chance_ << 13;
  chance_ ^= chance_ >> 7;
  chance_ ^= chance_ << 17;
  constexpr std::uint32_t kMost = (2U << kSparseLog2) - 1;
  return 1 + static_cast<std::uint32_t>(chance_ >> 32) % kMost;
}

}  // namespace muster::detail

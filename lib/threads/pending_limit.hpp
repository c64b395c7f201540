#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace muster::detail {

// The places of unfinished tasks in a pool with max_pending. Thread safety: any.
class PendingLimit {
 public:
  // 0: no limit, and nothing is counted.
  explicit PendingLimit(std::size_t most);

  bool limited() const noexcept { return most_ != 0; }

  enum class Taken { yes, full, closed };

  // One more task. Full only without `wait`; `beyond`: takes a place that is not there.
  Taken take(bool wait, bool beyond) noexcept;
  // One task less.
  void give() noexcept;
  // Whoever waits gets `closed`.
  void close() noexcept;

 private:
  const std::uint32_t most_;
  std::atomic<std::uint32_t> taken_{0};
  std::atomic<std::uint32_t> waiting_{0};
  // Changed with each place given back while somebody waits; the futex.
  std::atomic<std::uint32_t> turn_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace muster::detail

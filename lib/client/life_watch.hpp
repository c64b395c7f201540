#pragma once

#include <linux/futex.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lib/common/life_mark.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

// A thread that sleeps on the life marks of all workers at once and tells of each that is marked,
// once a life. Where the kernel cannot wait for several words (futex_waitv(2), Linux 5.16) it tells
// nothing: the pidfd says the same, later.
class LifeWatch {
 public:
  using Tell = std::function<void(std::uint32_t worker)>;

  // The marks must outlive the watch; `tell` is called in its thread and must not throw. Null where
  // there is no memory or no thread to be had: then there is no watch.
  static std::unique_ptr<LifeWatch> begin(const ResultsView& results, Tell tell) noexcept;
  ~LifeWatch();
  LifeWatch(const LifeWatch&) = delete;
  LifeWatch& operator=(const LifeWatch&) = delete;

 private:
  LifeWatch(const ResultsView& results, Tell tell);
  void run() noexcept;

  std::vector<const LifeMark*> marks_;
  std::vector<bool> told_;
  std::vector<futex_waitv> words_;
  Tell tell_;
  std::atomic<std::uint32_t> leave_{0};  // a futex
  std::thread thread_;
};

}  // namespace muster::detail

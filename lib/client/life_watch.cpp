#include "lib/client/life_watch.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "lib/common/futex.hpp"
#include "lib/common/signals.hpp"

namespace muster::detail {

namespace {

// What the kernel takes, but for the word that ends the watch. Workers beyond are not watched.
constexpr std::size_t kMostMarks = FUTEX_WAITV_MAX - 1;

futex_waitv waiter(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                   std::uint32_t flags) {
  futex_waitv entry{};
  entry.uaddr = reinterpret_cast<std::uintptr_t>(&word);
  entry.val = value;
  entry.flags = FUTEX_32 | flags;
  return entry;
}

}  // namespace

LifeWatch::LifeWatch(const ResultsView& results, Tell tell)
    : marks_(std::min<std::size_t>(results.geometry.workers, kMostMarks)),
      told_(marks_.size()),
      words_(marks_.size() + 1),
      tell_(std::move(tell)) {
  for (std::uint32_t w = 0; w < marks_.size(); ++w) marks_[w] = &results.window(w).record().life;
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

std::unique_ptr<LifeWatch> LifeWatch::begin(const ResultsView& results, Tell tell) noexcept {
  try {
    return std::unique_ptr<LifeWatch>(new LifeWatch(results, std::move(tell)));
  } catch (const std::exception&) {
    return nullptr;
  }
}

LifeWatch::~LifeWatch() {
  leave_.store(1);
  futex_wake_all(leave_);
  thread_.join();
}

void LifeWatch::run() noexcept {
  ::pthread_setname_np(::pthread_self(), "muster-watch");
  while (leave_.load() == 0) {
    words_[0] = waiter(leave_, 0, FUTEX_PRIVATE_FLAG);
    for (std::size_t i = 0; i < marks_.size(); ++i) {
      const std::uint32_t word = marks_[i]->word().load();
      const bool dead = LifeMark::says_dead(word);
      if (dead && !told_[i]) tell_(static_cast<std::uint32_t>(i));
      told_[i] = dead;
      words_[i + 1] = waiter(marks_[i]->word(), word, 0);
    }
    const long woken =
        ::syscall(SYS_futex_waitv, words_.data(), words_.size(), 0, nullptr, CLOCK_MONOTONIC);
    if (woken < 0 && errno != EAGAIN && errno != EINTR) return;
  }
}

}  // namespace muster::detail

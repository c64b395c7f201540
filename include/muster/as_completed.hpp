#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include <muster/detail/completion_queue.hpp>
#include <muster/detail/distinct_futures.hpp>
#include <muster/duration.hpp>
#include <muster/future.hpp>

namespace muster {

namespace detail {

[[noreturn]] void throw_unfinished(std::size_t unfinished, std::size_t all);

}  // namespace detail

// What as_completed gives: an input range of futures, each once, as they end. Reading goes
// forward only; begin() and ++ wait. `*it` can be moved from, and the range keeps no handle on a
// future that was moved out or passed. Can be moved, also between begin() and the end.
//
// Thread safety: none; one thread at a time.
template <class T>
class [[nodiscard]] AsCompleted {
  struct Run {
    Run(detail::DistinctFutures<T> given, detail::Deadline until)
        : futures(std::move(given.futures())), deadline(until) {
      for (std::size_t i = 0; i < futures.size(); ++i)
        queue.watch(*detail::FutureAccess::state(futures[i]), i);
    }

    void advance() {
      current = Future<T>();
      at_end = queue.watched() == 0;
      if (at_end) return;
      std::size_t number;
      if (!queue.next(deadline, number)) {
        at_end = true;
        detail::throw_unfinished(queue.watched(), futures.size());
      }
      current = std::move(futures[number]);
    }

    std::vector<Future<T>> futures;
    detail::Deadline deadline;
    detail::CompletionQueue queue;  // after the futures that it watches
    Future<T> current;
    bool at_end = false;
  };

 public:
  class Iterator {
   public:
    using value_type = Future<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;

    Future<T>&& operator*() const { return std::move(run_->current); }
    // Throws TimeoutError when the time is over; the range has ended then.
    Iterator& operator++() {
      run_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.run_->at_end; }

   private:
    friend AsCompleted;
    explicit Iterator(Run* run) : run_(run) {}

    Run* run_ = nullptr;
  };

  AsCompleted(detail::DistinctFutures<T> given, detail::Deadline until)
      : run_(std::make_unique<Run>(std::move(given), until)) {}

  // To be called once. Throws TimeoutError as ++ does.
  Iterator begin() {
    run_->advance();
    return Iterator(run_.get());
  }
  std::default_sentinel_t end() const { return std::default_sentinel; }

 private:
  std::unique_ptr<Run> run_;
};

// Those that are done already come first, in the order in which they are given. With a timeout,
// counted from this call, TimeoutError once it is over and all that ended in time was read.
template <std::ranges::input_range R>
  requires detail::AnyFuture<std::ranges::range_value_t<R>>
auto as_completed(R&& futures) -> AsCompleted<typename std::ranges::range_value_t<R>::value_type> {
  using T = typename std::ranges::range_value_t<R>::value_type;
  return AsCompleted<T>(detail::DistinctFutures<T>(std::forward<R>(futures)),
                        detail::Deadline::never());
}
template <std::ranges::input_range R>
  requires detail::AnyFuture<std::ranges::range_value_t<R>>
auto as_completed(R&& futures, Duration timeout)
    -> AsCompleted<typename std::ranges::range_value_t<R>::value_type> {
  using T = typename std::ranges::range_value_t<R>::value_type;
  return AsCompleted<T>(detail::DistinctFutures<T>(std::forward<R>(futures)),
                        detail::Deadline::after(timeout));
}

}  // namespace muster

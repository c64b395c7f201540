#pragma once

#include <optional>
#include <ranges>
#include <span>
#include <vector>

#include <muster/detail/distinct_futures.hpp>
#include <muster/duration.hpp>
#include <muster/future.hpp>

namespace muster {

enum class ReturnWhen {
  first_completed,  // one is done: returned, threw or was cancelled
  first_exception,  // one threw; else as all_completed
  all_completed,
};

struct WaitOptions {
  // From the call. Empty: for ever.
  std::optional<Duration> timeout = {};
  ReturnWhen return_when = ReturnWhen::all_completed;
};

// Both in the order in which the futures were given.
template <class T>
struct WaitResult {
  std::vector<Future<T>> done;
  std::vector<Future<T>> not_done;
};

namespace detail {

// Returns when it is time to look which of the states, each given once, are done.
void wait_for(std::span<StateBase* const> states, const WaitOptions& options);

}  // namespace detail

// Waits until options.return_when holds or the timeout is over, and says which futures were done
// then. A future that is given twice is reported once. Never throws for what the tasks threw or
// for the timeout.
template <std::ranges::input_range R>
  requires detail::AnyFuture<std::ranges::range_value_t<R>>
auto wait(R&& futures, WaitOptions options = {})
    -> WaitResult<typename std::ranges::range_value_t<R>::value_type> {
  using T = typename std::ranges::range_value_t<R>::value_type;
  detail::DistinctFutures<T> given(std::forward<R>(futures));
  detail::wait_for(given.states(), options);
  WaitResult<T> result;
  for (Future<T>& future : given.futures()) {
    const bool done = detail::FutureAccess::state(future)->poll_done();
    (done ? result.done : result.not_done).push_back(std::move(future));
  }
  return result;
}

}  // namespace muster

#pragma once

#include <concepts>
#include <ranges>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include <muster/future.hpp>

namespace muster::detail {

bool has_duplicates(std::vector<StateBase*> states);

template <class F>
concept AnyFuture = std::same_as<F, Future<typename F::value_type>>;

// The futures of a range, each once, in the order of their first appearance.
template <class T>
class DistinctFutures {
 public:
  template <class R>
  explicit DistinctFutures(R&& range) {
    for (auto&& item : range) {
      futures_.emplace_back(std::forward<decltype(item)>(item));
      if (!futures_.back().valid()) throw_no_state();
      states_.push_back(FutureAccess::state(futures_.back()));
    }
    if (has_duplicates(states_)) drop_duplicates();
  }

  std::vector<Future<T>>& futures() { return futures_; }
  std::span<StateBase* const> states() const { return states_; }

 private:
  void drop_duplicates() {
    std::unordered_set<StateBase*> seen;
    std::erase_if(futures_, [&](const Future<T>& future) {
      return !seen.insert(FutureAccess::state(future)).second;
    });
    seen.clear();
    std::erase_if(states_, [&](StateBase* state) { return !seen.insert(state).second; });
  }

  std::vector<Future<T>> futures_;
  std::vector<StateBase*> states_;
};

}  // namespace muster::detail

#pragma once

#include <concepts>
#include <ranges>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include <muster/future.hpp>

namespace muster::detail {

template <class F>
concept AnyFuture = std::same_as<F, Future<typename F::value_type>>;

// The futures of a range, each once, in the order of their first appearance.
template <class T>
class DistinctFutures {
 public:
  template <class R>
  explicit DistinctFutures(R&& range) {
    std::unordered_set<StateBase*> seen;
    for (auto&& item : range) {
      Future<T> future(std::forward<decltype(item)>(item));
      StateBase* state = FutureAccess::state(future);
      if (state == nullptr) throw_no_state();
      if (!seen.insert(state).second) continue;
      futures_.push_back(std::move(future));
      states_.push_back(state);
    }
  }

  std::vector<Future<T>>& futures() { return futures_; }
  std::span<StateBase* const> states() const { return states_; }

 private:
  std::vector<Future<T>> futures_;
  std::vector<StateBase*> states_;
};

}  // namespace muster::detail

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include <muster/detail/future_state.hpp>

namespace muster::detail {

// What the items of one chunk of map came to, in order: the values of those that returned, side by
// side, and the exceptions of the others.
template <class R>
class ChunkResult {
 public:
  using Value = ValueOf<R>;
  // Not a plain Value, because std::vector<bool> is none.
  struct Stored {
    Value value;
  };

  void reserve(std::size_t items) { values_.reserve(items); }
  template <class Make>
  void add_from(Make&& make) {
    if constexpr (std::is_void_v<R>) {
      std::forward<Make>(make)();
      values_.push_back(Stored{});
    } else {
      values_.push_back(Stored{std::forward<Make>(make)()});
    }
  }
  void add_failure(std::exception_ptr error) { failures_.push_back({size(), std::move(error)}); }

  // Items whose outcome is here; fewer than the chunk had if it was stopped.
  std::size_t size() const { return values_.size() + failures_.size(); }

  // Of the item at `position`, below size(): its value, or null and its exception.
  Value* find(std::size_t position, std::exception_ptr& error) {
    const auto failure =
        std::lower_bound(failures_.begin(), failures_.end(), position,
                         [](const Failure& f, std::size_t wanted) { return f.position < wanted; });
    if (failure != failures_.end() && failure->position == position) {
      error = failure->error;
      return nullptr;
    }
    const auto failed_before = static_cast<std::size_t>(failure - failures_.begin());
    return &values_[position - failed_before].value;
  }

  std::vector<Stored>& values() { return values_; }
  std::size_t failures() const { return failures_.size(); }

 private:
  struct Failure {
    std::size_t position;
    std::exception_ptr error;
  };

  std::vector<Stored> values_;
  std::vector<Failure> failures_;
};

}  // namespace muster::detail

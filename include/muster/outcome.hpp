#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <muster/detail/future_access.hpp>

namespace muster {

// What one item of a map came to: its result or its exception.
template <class R>
class Outcome {
 public:
  using value_type = R;

  // Made by Muster.
  Outcome(std::size_t index, std::in_place_t, detail::ValueOf<R> value)
      : index_(index), value_(std::move(value)) {}
  Outcome(std::size_t index, std::exception_ptr error) : index_(index), error_(std::move(error)) {}

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  // Rethrows the exception if that is what it came to.
  detail::ConstRef<R> value() const& {
    check();
    if constexpr (!std::is_void_v<R>) return *value_;
  }
  R value() && {
    check();
    if constexpr (!std::is_void_v<R>) return std::move(*value_);
  }
  // Null if there is a value.
  std::exception_ptr exception() const noexcept { return error_; }
  // Of the item among the inputs, from 0.
  std::size_t index() const noexcept { return index_; }

 private:
  void check() const {
    if (!value_) std::rethrow_exception(error_);
  }

  std::size_t index_;
  std::optional<detail::ValueOf<R>> value_;
  std::exception_ptr error_;
};

}  // namespace muster

#pragma once

#include <iosfwd>
#include <string>
#include <type_traits>
#include <typeinfo>

#include <muster/detail/future_state.hpp>

namespace muster {
template <class T>
class Future;
}

namespace muster::detail {

// const T&, or void.
template <class T>
using ConstRef = std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<const T>>;

// The way into a Future for the rest of Muster.
struct FutureAccess {
  template <class T>
  static FutureState<T>* state(const Future<T>& future) noexcept {
    return future.state_;
  }
  // The future takes over a handle that is counted already.
  template <class T>
  static Future<T> adopt(FutureState<T>* state) noexcept {
    return Future<T>(state);
  }
  // One more handle.
  template <class T>
  static Future<T> share(FutureState<T>& state) noexcept {
    state.retain();
    return Future<T>(&state);
  }
};

[[noreturn]] void throw_no_state();
[[noreturn]] void throw_timeout(const StateBase& state);
[[noreturn]] void throw_cannot_copy(const StateBase& state);

// "<Future state=pending>" and so on; `state` may be null.
std::string describe_state(StateBase* state, const std::type_info& value);
std::ostream& print_text(std::ostream& out, const std::string& text);

}  // namespace muster::detail

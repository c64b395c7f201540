#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include <muster/detail/callable_signature.hpp>

namespace muster {

// A callable that travels as its bytes, whatever they are. Made by bitwise().
template <class F>
struct Bitwise {
  F function;

  template <class... Args>
    requires std::is_invocable_v<F&, Args...>
  decltype(auto) operator()(Args&&... args) {
    return std::invoke(function, std::forward<Args>(args)...);
  }

  template <class... Args>
    requires std::is_invocable_v<const F&, Args...>
  decltype(auto) operator()(Args&&... args) const {
    return std::invoke(function, std::forward<Args>(args)...);
  }
};

// "I know": turns off the guard against captured addresses and members that are pointers, for a
// callable whose addresses mean the same in a worker (memory that both map, say). It must still
// be trivially copyable.
//   pool.submit(muster::bitwise([table] { return table->sum(); }));
template <class F>
constexpr Bitwise<std::decay_t<F>> bitwise(F&& function) {
  return {std::forward<F>(function)};
}

namespace detail {
template <class F>
struct Signature<Bitwise<F>> : Signature<F> {};
}  // namespace detail

}  // namespace muster

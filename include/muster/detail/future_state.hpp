#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <variant>

#include <muster/detail/state.hpp>
#include <muster/detail/state_allocator.hpp>

namespace muster::detail {

// What stands in for the value of a Future<void>.
using Nothing = std::monostate;

template <class R>
using ValueOf = std::conditional_t<std::is_void_v<R>, Nothing, R>;

// A value that is too big to lie inside StateBase.
template <class Value>
struct ValueStorage {
  alignas(Value) std::byte bytes[sizeof(Value)];
};

template <class Value>
constexpr bool kInlineValue = sizeof(Value) <= 16 && alignof(Value) <= 16;

// The shared state of a Future<R>. What makes the value (a promise, a thread's task, bytes from
// another process) derives from it.
template <class R>
class FutureState : public StateBase {
 public:
  using Value = ValueOf<R>;

  // The value of a state that is about to be published as succeeded.
  template <class... Args>
  void emplace(Args&&... args) {
    ::new (place()) Value(std::forward<Args>(args)...);
  }
  // As emplace(make()), without a move.
  template <class Make>
  void emplace_from(Make&& make) {
    if constexpr (std::is_void_v<R>) {
      std::forward<Make>(make)();
      ::new (place()) Value();
    } else {
      ::new (place()) Value(std::forward<Make>(make)());
    }
  }
  // Settled and succeeded only.
  Value& value() noexcept { return *std::launder(static_cast<Value*>(place())); }

 protected:
  explicit FutureState(const StateOps& ops) noexcept : StateBase(ops) {}

  static constexpr std::uint32_t value_offset() noexcept {
    return kInlineValue<Value> ? StateBase::kInlineOffset
                               : static_cast<std::uint32_t>(
                                     round_up(sizeof(StateBase), alignof(ValueStorage<Value>)));
  }
  static void destroy_value(StateBase& state) noexcept {
    std::destroy_at(&static_cast<FutureState&>(state).value());
  }
  static constexpr auto value_destroyer() noexcept {
    return std::is_trivially_destructible_v<Value> ? nullptr : &FutureState::destroy_value;
  }

 private:
  struct None {};

  static constexpr std::size_t round_up(std::size_t n, std::size_t to) {
    return (n + to - 1) / to * to;
  }
  void* place() noexcept { return reinterpret_cast<std::byte*>(this) + value_offset(); }

  [[no_unique_address]] std::conditional_t<kInlineValue<Value>, None, ValueStorage<Value>> storage_;
};

// The state behind a Promise: its value is set from outside.
template <class R>
class PromiseState final : public FutureState<R> {
 public:
  PromiseState() noexcept : FutureState<R>(kOps) {}

 private:
  static const StateOps kOps;
};

template <class R>
constexpr StateOps PromiseState<R>::kOps = {
    .block_size = kBlockSize<PromiseState>,
    .value_offset = FutureState<R>::value_offset(),
    .bitwise_size = StateOps::kDecoded,
    .destroy_value = FutureState<R>::value_destroyer(),
    .decode_value = nullptr,
    .run = nullptr,
    .drop_call = nullptr,
    .callable = nullptr,
};

}  // namespace muster::detail

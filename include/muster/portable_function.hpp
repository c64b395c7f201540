#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <functional>
#include <type_traits>
#include <vector>

#include <muster/detail/callable.hpp>
#include <muster/detail/task_type.hpp>

namespace muster {

// A function without arguments that can run in another process: made implicitly from anything
// that could be a task without arguments (a function pointer, a captureless lambda, a trivially
// copyable callable). What it returns is dropped. Empty by default. Copying it is cheap; copies
// may be used by several threads at once.
class PortableFunction {
 public:
  PortableFunction() = default;
  PortableFunction(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)

  // Throws EncodingError for a lambda that captured an address of this process (see bitwise()).
  // A null function pointer makes an empty PortableFunction.
  template <class F>
    requires(!std::same_as<std::decay_t<F>, PortableFunction> &&
             std::is_invocable_v<std::decay_t<F>&>)
  PortableFunction(F&& function) {  // NOLINT(google-explicit-constructor)
    using Callable = std::decay_t<F>;
    constexpr auto kRefusal = detail::refusal_of_callable<Callable>();
    if constexpr (kRefusal != detail::CallableRefusal::none) {
      [[maybe_unused]] detail::CallableCannotTravel<Callable, kRefusal> told;
    } else {
      const Callable callable = function;
      if constexpr (std::is_pointer_v<Callable>) {
        if (callable == nullptr) return;
      }
      detail::guard_callable(callable, false);
      bytes_.resize(sizeof(Callable));
      std::memcpy(bytes_.data(), &callable, sizeof(Callable));
      kind_ = &kKindOf<Callable>;
    }
  }

  explicit operator bool() const { return kind_ != nullptr; }

  // Runs it here. REQUIRES: not empty. Throws what the function throws.
  void invoke() const { kind_->call(bytes_.data()); }
  void operator()() const { invoke(); }

  // For pools: the task as which it travels, and its bytes. REQUIRES: not empty.
  const detail::TaskType& task_type() const { return kind_->type; }
  void encode(Encoder& out) const { kind_->encode(bytes_.data(), out); }

 private:
  struct Kind {
    const detail::TaskType& type;
    void (*call)(const std::byte* bytes);
    void (*encode)(const std::byte* bytes, Encoder& out);
  };

  template <class F>
  static void thunk(Decoder& args, Encoder&) {
    F function = detail::decode_callable<F>(args);
    static_cast<void>(std::invoke(function));
  }
  template <class F>
  static void call(const std::byte* bytes) {
    F function = detail::value_of_bytes<F>(bytes);
    static_cast<void>(std::invoke(function));
  }
  template <class F>
  static void encode_bytes(const std::byte* bytes, Encoder& out) {
    const F function = detail::value_of_bytes<F>(bytes);
    detail::guard_callable(function, out);
    detail::encode_callable(out, function);
  }

  template <class F>
  static constexpr Kind kKindOf{detail::task_type_of<&thunk<F>, typename detail::Unwrapped<F>::type,
                                                     detail::kTravelsAsCode<F>>,
                                &call<F>, &encode_bytes<F>};

  const Kind* kind_ = nullptr;
  std::vector<std::byte> bytes_;  // the callable's, as they lie in memory here
};

}  // namespace muster

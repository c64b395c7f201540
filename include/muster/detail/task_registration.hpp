#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/detail/chunk_codec.hpp>
#include <muster/detail/named_code.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/detail/type_layout.hpp>
#include <muster/version.hpp>

// What MUSTER_TASK makes of a function: the code that runs it, which is compiled where the function
// is, and its entry among the tasks of the process.
namespace muster::detail {

// May stand in a task's name: what is printed, but for spaces, quotes and backslashes.
constexpr bool fits_task_name(char c) {
  return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
}

constexpr bool is_task_name(std::string_view name) {
  for (const char c : name) {
    if (!fits_task_name(c)) return false;
  }
  return !name.empty();
}

// The name as MUSTER_TASK was given it, a string literal or not.
constexpr std::string_view task_name(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

template <class R, class... Ps>
std::string layout_of_signature() {
  std::string layout;
  (describe_layout<std::remove_cvref_t<Ps>>(layout), ...);
  layout += "->";
  describe_layout<std::decay_t<R>>(layout);
  return layout;
}

template <class R, class... Ps>
TaskIdentity identity_of_signature(std::string_view name) {
  return {std::string(name), typeid(R(Ps...)).name(), layout_of_signature<R, Ps...>()};
}

// A plain function pointer, of a function or a lambda that captures nothing.
template <class R, class... Ps>
constexpr auto task_pointer(R (*function)(Ps...)) {
  return function;
}
template <class Lambda>
  requires std::is_class_v<Lambda>
constexpr auto task_pointer(Lambda lambda) {
  constexpr bool kIsPlain = requires(Lambda given) { +given; };
  static_assert(kIsPlain,
                "muster: MUSTER_TASK takes a function, or a lambda that captures nothing and is "
                "not generic.");
  if constexpr (kIsPlain) return task_pointer(+lambda);
}

// What a worker calls: the function, behind the code that the call began with.
template <auto kFunction>
struct RegisteredCall;
template <class R, class... Ps, R (*kFunction)(Ps...)>
struct RegisteredCall<kFunction> {
  FunctionCode code;

  R operator()(Ps... args) const { return kFunction(std::forward<Ps>(args)...); }

  using Traits = CallTraits<RegisteredCall, Ps...>;
  static TaskIdentity identity(std::string_view name) {
    return identity_of_signature<R, Ps...>(name);
  }
};

struct RegisteredTask;

// Keeps a task among those of this process, as long as it lives.
class TaskRegistration {
 public:
  // `version`: of the headers that the code was compiled with.
  TaskRegistration(const char* version, TaskIdentity identity, Thunk call, Thunk chunk,
                   AnyFunction function);
  ~TaskRegistration();
  TaskRegistration(const TaskRegistration&) = delete;
  TaskRegistration& operator=(const TaskRegistration&) = delete;

 private:
  RegisteredTask* const task_;
};

template <auto kFunction>
TaskRegistration register_task(std::string_view name) {
  using Call = RegisteredCall<kFunction>;
  return TaskRegistration(MUSTER_VERSION, Call::identity(name), &Call::Traits::thunk,
                          &ChunkCode<typename Call::Traits>::thunk,
                          reinterpret_cast<AnyFunction>(kFunction));
}

}  // namespace muster::detail

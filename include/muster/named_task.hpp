#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/callable.hpp>
#include <muster/detail/named_code.hpp>
#include <muster/detail/task_registration.hpp>
#include <muster/exception_registry.hpp>

// Makes a function a task that others call by its name, in a library that muster-worker opens or in
// the program itself. At namespace scope, once for each name:
//
//   int square(int x) { return x * x; }
//   MUSTER_TASK(square, square)                            // or MUSTER_TASK("math.square", square)
//   MUSTER_TASK(twice, [](int x) { return 2 * x; })
//
// The name has no spaces, quotes or backslashes. The function is one of one signature, or a lambda
// that captures nothing; of overloaded ones it is chosen by static_cast. What its parameters and
// result may be is as for any task of a process pool.
#define MUSTER_TASK(name, ...)                                                               \
  static_assert(::muster::detail::is_task_name(::muster::detail::task_name(#name)),          \
                "muster: a task's name is an identifier or a string literal, not empty and " \
                "without spaces, quotes or backslashes.");                                   \
  [[maybe_unused]] static const ::muster::detail::TaskRegistration MUSTER_DETAIL_JOIN(       \
      muster_task_registration_, __COUNTER__) =                                              \
      ::muster::detail::register_task<::muster::detail::task_pointer(__VA_ARGS__)>(          \
          ::muster::detail::task_name(#name));

namespace muster {

// A task that is called by its name: the client need not contain its code.
//
//   muster::NamedTask<int(int)> square("square");
//   muster::ProcessPoolExecutor pool({.modules = {"./libtasks.so"}});
//   int nine = pool.submit(square, 3).result();
//
// The signature is that of the function, spelled as there. In a pool with ProcessPoolOptions::
// modules it runs the workers' task of that name; submit and map throw InvalidArgumentError where
// they have none or one of another signature, and so does a pool that has no modules. On threads,
// and called directly, it runs the task of this process, from the program or a library that it has
// loaded; then the error is that of the call.
//
// As an argument, or in a task's result, it travels by its name. Thread safety: any, and copying
// costs nothing.
template <class Signature>
class NamedTask;

template <class R, class... Ps>
class NamedTask<R(Ps...)> {
 public:
  // Throws InvalidArgumentError for what cannot be a name.
  explicit NamedTask(std::string_view name)
      : code_(detail::named_code(detail::identity_of_signature<R, Ps...>(name))) {}

  std::string name() const { return detail::name_of_task(code_); }

  // Runs it here. Throws InvalidArgumentError where this process has no such task, and what the
  // task throws.
  R operator()(Ps... args) const {
    const auto function = reinterpret_cast<R (*)(Ps...)>(detail::function_of_task(code_));
    return function(std::forward<Ps>(args)...);
  }

 private:
  detail::FunctionCode code_;  // that it travels as when it is the task itself
};

namespace detail {
template <class Signature>
inline constexpr bool kIsNamedTask<NamedTask<Signature>> = true;
template <class Signature>
inline constexpr bool kTravelsAsCode<NamedTask<Signature>> = true;
}  // namespace detail

template <class Signature>
struct Codec<NamedTask<Signature>> {
  static void encode(Encoder& out, const NamedTask<Signature>& task) { out.write(task.name()); }
  static NamedTask<Signature> decode(Decoder& in) {
    return NamedTask<Signature>(in.read<std::string>());
  }
};

}  // namespace muster

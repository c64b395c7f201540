#pragma once

// Futures in each of the states that a future can have, made by promises.

#include <algorithm>
#include <exception>
#include <ostream>
#include <stdexcept>
#include <vector>

#include <muster/future.hpp>
#include <muster/promise.hpp>

namespace test_support {

enum class State { pending, running, cancelled, failed, succeeded };

inline constexpr State kStates[] = {State::pending, State::running, State::cancelled, State::failed,
                                    State::succeeded};

inline std::ostream& operator<<(std::ostream& out, State state) {
  constexpr const char* kNames[] = {"pending", "running", "cancelled", "failed", "succeeded"};
  return out << kNames[static_cast<int>(state)];
}

// What a failed future of promise_in() holds.
class TestError : public std::runtime_error {
 public:
  TestError() : std::runtime_error("the test's own error") {}
};

inline constexpr int kValue = 42;  // what a succeeded one holds

// Keep the promise while its future is used: an unset promise is what leaves it unfinished.
inline muster::Promise<int> promise_in(State state) {
  muster::Promise<int> promise;
  switch (state) {
    case State::pending: break;
    case State::running: promise.set_running_or_notify_cancel(); break;
    case State::cancelled: promise.future().cancel(); break;
    case State::failed:
      promise.set_running_or_notify_cancel();
      promise.set_exception(std::make_exception_ptr(TestError()));
      break;
    case State::succeeded:
      promise.set_running_or_notify_cancel();
      promise.set_result(kValue);
      break;
  }
  return promise;
}

// Whether both hold the same futures, in whatever order, each once.
template <class T>
bool same_futures(const std::vector<muster::Future<T>>& actual,
                  const std::vector<muster::Future<T>>& expected) {
  return std::is_permutation(actual.begin(), actual.end(), expected.begin(), expected.end());
}

}  // namespace test_support

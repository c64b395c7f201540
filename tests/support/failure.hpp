#pragma once

// What a future failed with, as the type a test expects.

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <typeinfo>

#include <muster/muster.hpp>

namespace test_support {

// "muster::BrokenProcessPool: worker 0 (pid 4711) was ...".
inline std::string describe(const std::exception_ptr& exception) {
  if (!exception) return "no exception";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), &std::free);
    return std::string(status == 0 ? name.get() : typeid(error).name()) + ": " + error.what();
  } catch (...) {
    return "something that is not a std::exception";
  }
}

// The E in it. Throws, and so fails the test, where it holds anything else.
template <class E>
E as(const std::exception_ptr& exception) {
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const E& error) {
    return error;
  } catch (...) {
  }
  throw std::logic_error(std::string("expected ") + typeid(E).name() + ", got " +
                         describe(exception));
}

// Waits for the future's end; the E it failed with.
template <class E, class T>
E failure_of(const muster::Future<T>& future) {
  return as<E>(future.exception());
}

// What call() throws; null if nothing.
template <class F>
std::exception_ptr thrown_by(F call) {
  try {
    call();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

// The error of a task on a pool that may be broken already: from submit, or from the future.
template <class Pool, class F>
std::exception_ptr error_of_task(Pool& pool, F task) {
  return thrown_by([&] { pool.submit(task).result(); });
}

}  // namespace test_support

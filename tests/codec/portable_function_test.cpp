#include <array>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <muster/error.hpp>
#include <muster/options.hpp>
#include <muster/portable_function.hpp>

#include "codec/message.hpp"

namespace muster::test {
namespace {

int calls = 0;
void count() { ++calls; }

// As a worker runs it: from its bytes.
void run_encoded(const PortableFunction& function) {
  Message task;
  function.encode(task.encoder());
  Decoder in(task.bytes().data(), task.bytes().size());
  Message result;
  function.task_type().thunk(in, result.encoder());
  EXPECT_EQ(result.bytes().size(), 0u);
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(PortableFunction, IsEmptyByDefault) {
  EXPECT_FALSE(PortableFunction());
  EXPECT_FALSE(PortableFunction(nullptr));
  void (*null)() = nullptr;
  EXPECT_FALSE(PortableFunction(null));
  EXPECT_FALSE(ProcessPoolOptions{}.initializer);
}

TEST(PortableFunction, IsMadeFromWhateverIsATaskWithoutArguments) {
  calls = 0;
  int captured = 2;
  double other = 0.5;
  std::array<char, 100> large{};
  large[99] = 3;
  for (const PortableFunction& function :
       {PortableFunction(count), PortableFunction(&count), PortableFunction([] { ++calls; }),
        PortableFunction([] { return std::string("dropped ") + std::to_string(++calls); }),
        PortableFunction([captured, other] { calls += captured + static_cast<int>(other); }),
        PortableFunction([large] { calls += large[99]; }),
        PortableFunction(bitwise([&captured] { calls += captured; }))}) {
    ASSERT_TRUE(function);
    function.invoke();
    function();
    run_encoded(function);
  }
  EXPECT_EQ(calls, 3 * (1 + 1 + 1 + 1 + 2 + 3 + 2));
}

TEST(PortableFunction, ConvertsImplicitlyInOptions) {
  calls = 0;
  const ProcessPoolOptions options{.initializer = count, .finalizer = [] { calls += 10; }};
  const ProcessPoolOptions copy = options;
  copy.initializer();
  copy.finalizer();
  EXPECT_EQ(calls, 11);
}

TEST(PortableFunction, RefusesCapturedAddresses) {
  int local = 0;
  EXPECT_THROW(PortableFunction([&] { ++local; }), EncodingError);
}

TEST(PortableFunction, LetsExceptionsOut) {
  const PortableFunction function = [] { throw std::domain_error("thrown"); };
  EXPECT_THROW(function.invoke(), std::domain_error);
  EXPECT_THROW(run_encoded(function), std::domain_error);
}

}  // namespace
}  // namespace muster::test

// Lambdas that captured addresses of this process.
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/bitwise.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"

namespace muster::test {
namespace {

template <class F>
void encode(F function) {
  Message task;
  detail::CallTraits<F&>::encode(task.encoder(), function);
}

template <class F>
std::string refusal(F function) {
  try {
    encode(function);
    return "";
  } catch (const EncodingError& error) {
    return error.what();
  }
}

int in_program = 1;
thread_local int in_thread = 2;

TEST(AddressGuard, RefusesALocalByReference) {
  int local = 1;
  EXPECT_NE(refusal([&] { return local; }).find("captured the address"), std::string::npos);
  EXPECT_NE(refusal([&] { return local; }).find("muster::bitwise"), std::string::npos);
  EXPECT_NE(refusal([pointer = &local, x = 1.5] { return *pointer * x; }), "");
}

TEST(AddressGuard, RefusesALocalOfAnyThread) {
  int mine = 1;
  std::thread([&] {
    int local = 2;
    EXPECT_NE(refusal([&local] { return local; }).find("captured the address"), std::string::npos);
    EXPECT_NE(refusal([&mine] { return mine; }), "");
  }).join();
}

TEST(AddressGuard, RefusesWhatIsOnTheHeap) {
  const auto small = std::make_unique<int>(1);
  EXPECT_NE(refusal([p = small.get()] { return *p; }).find("memory"), std::string::npos);
  const auto big = std::make_unique<char[]>(64 << 20);  // a mapping of its own
  EXPECT_NE(refusal([p = big.get() + (32 << 20)] { return *p; }).find("memory"), std::string::npos);
  const std::vector<int> vector(3);
  EXPECT_NE(refusal([&inner = vector[1]] { return inner; }), "");
  std::thread([&] {
    const auto other = std::make_unique<int>(2);  // another arena of malloc
    EXPECT_NE(refusal([p = other.get()] { return *p; }), "");
  }).join();
}

TEST(AddressGuard, LooksIntoLambdasThatAreArguments) {
  int local = 1;
  const auto apply = [](const auto& function) { return function(); };
  const auto argument = [&local] { return local; };
  Message task;
  using Traits = detail::CallTraits<decltype(apply)&, decltype(argument)&>;
  EXPECT_THROW(Traits::encode(task.encoder(), apply, argument), EncodingError);
}

TEST(AddressGuard, LooksIntoLambdasWhateverWasAskedOfThemBefore) {
  int local = 1;
  const auto lambda = [&local] { return local; };
  const std::optional copy(lambda);  // asks whether it can be assigned
  EXPECT_NE(refusal(*copy).find("captured the address"), std::string::npos);
}

TEST(AddressGuard, RefusesVariablesOfAThread) {
  EXPECT_NE(refusal([p = &in_thread] { return *p; }), "");
}

TEST(AddressGuard, LetsWhatIsSharedOrInAModulePass) {
  EXPECT_EQ(refusal([p = &in_program] { return *p; }), "");
  EXPECT_EQ(refusal([p = &std::cout] { return p->good(); }), "");  // zeroed memory of a library
  EXPECT_EQ(refusal([p = "a literal"] { return *p; }), "");
  EXPECT_EQ(refusal([p = &std::abort] { p(); }), "");
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal([shared] { return shared != nullptr; }), "");
  ::munmap(shared, 4096);
}

TEST(AddressGuard, LetsOrdinaryValuesPass) {
  EXPECT_EQ(refusal([big = std::int64_t{0x7000'1234'5678}] { return big; }), "");
  EXPECT_EQ(
      refusal([a = 5, b = 7, c = 1e300, d = -1L] { return a + b + c + static_cast<double>(d); }),
      "");
  EXPECT_EQ(refusal([x = 1ul << 40] { return x; }), "");
}

TEST(AddressGuard, IsNotMisledByWhatPaddingHolds) {
  struct Padded {
    alignas(8) int value;
    int operator()() const { return value; }
  };
  const auto owned = std::make_unique<int>(1);
  const auto address = reinterpret_cast<std::uintptr_t>(owned.get());
  Padded padded{};
  static_assert(sizeof(padded) == sizeof(address));
  std::memcpy(static_cast<void*>(&padded), &address, sizeof(address));
  EXPECT_EQ(refusal(padded), "");
}

TEST(AddressGuard, IsTurnedOffByBitwise) {
  int local = 1;
  EXPECT_EQ(refusal(bitwise([&] { return local; })), "");
  EXPECT_NE(refusal([&] { return local; }), "");
  struct Pointing {
    const int* pointer;
    int operator()() const { return *pointer; }
  };
  EXPECT_EQ(refusal(bitwise(Pointing{&local})), "");
}

TEST(AddressGuard, BitwiseCallablesKeepTheirSignature) {
  const auto length = bitwise([](std::string_view text) { return text.size(); });
  using Traits = detail::CallTraits<decltype(length)&, const char(&)[5]>;
  Message task;
  Traits::encode(task.encoder(), length, "four");
  Decoder in(task.bytes().data(), task.bytes().size());
  Message result;
  Traits::type().thunk(in, result.encoder());
  Decoder out(result.bytes().data(), result.bytes().size());
  EXPECT_EQ(out.read<std::size_t>(), 4u);
}

}  // namespace
}  // namespace muster::test

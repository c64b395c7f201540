// Tasks of plain values cost no allocation: neither their encoding nor the call.
#include <array>
#include <cstdlib>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/task_call.hpp>

namespace {
thread_local std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* place = std::malloc(size)) return place;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* place) noexcept { std::free(place); }
[[gnu::noinline]] void operator delete(void* place, std::size_t) noexcept { std::free(place); }

namespace muster::test {
namespace {

// Allocations of encoding the call, running its thunk and decoding the result.
template <class F, class... Args>
std::size_t allocations_of(F function, Args... args) {
  using Traits = detail::CallTraits<F&, Args&...>;
  alignas(64) std::array<std::byte, 1024> task;
  alignas(64) std::array<std::byte, 1024> result;
  const auto run = [&] {
    Encoder out(task.data(), task.data() + task.size());
    Traits::encode(out, function, args...);
    Decoder in(task.data(), out.size());
    Encoder back(result.data(), result.data() + result.size());
    Traits::type().thunk(in, back);
    Decoder read(result.data(), back.size());
    static_cast<void>(detail::decode_result<typename Traits::Result>(read));
  };
  run();  // the first time may look up the modules
  const std::size_t before = allocations;
  run();
  return allocations - before;
}

int twice(int x) { return 2 * x; }
double sum(std::span<const double> values) { return values.empty() ? 0 : values[0]; }

struct Frame {
  std::array<int, 16> pixels;
  double time;
};

TEST(Allocation, IsNotNeededForPlainValues) {
  EXPECT_EQ(allocations_of(&twice, 1), 0u);
  EXPECT_EQ(allocations_of([](int x) { return x + 1; }, 1), 0u);
  const double factor = 2;
  EXPECT_EQ(allocations_of(
                [factor](Frame frame) {
                  frame.time *= factor;
                  return frame;
                },
                Frame{}),
            0u);
  EXPECT_EQ(allocations_of([](std::pair<int, double> p,
                              std::optional<int> o) { return std::tuple(p.first, o.value_or(2)); },
                           std::pair(1, 2.0), std::optional<int>(3)),
            0u);
}

TEST(Allocation, IsNotNeededForViewsInTheWorker) {
  EXPECT_EQ(allocations_of(&sum, std::span<const double>(std::array<double, 3>{})), 0u);
  EXPECT_EQ(allocations_of([](std::string_view text) { return text.size(); },
                           std::string_view("a text that no small string holds, surely")),
            0u);
}

}  // namespace
}  // namespace muster::test

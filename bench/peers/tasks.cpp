#include "bench/peers/tasks.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <numeric>

#include "bench/probes/shared_page.hpp"

namespace bench {

namespace {

// In memory that processes share; null before prepare_to_tell().
std::atomic<Instant::rep>* made = nullptr;

std::int64_t thread_microseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

}  // namespace

int short_work(int n) {
  constexpr int kSteps = 50;
  auto x = static_cast<std::uint32_t>(n);
  for (int i = 0; i < kSteps; ++i) {
    x = x * 1664525 + 1013904223;
    x ^= x >> 13;
  }
  return static_cast<int>(x >> 1);
}

std::int64_t burn(int microseconds) {
  if (microseconds > 0) {
    const std::int64_t until = thread_microseconds() + microseconds;
    // Some arithmetic between two looks at the clock, which is a system call.
    volatile int sink = 0;
    while (thread_microseconds() < until) sink = short_work(sink);
  }
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double sum_of(std::span<const double> values) {
  constexpr std::size_t kParts = 8;
  std::array<double, kParts> parts{};
  std::size_t i = 0;
  for (; i + kParts <= values.size(); i += kParts) {
    for (std::size_t part = 0; part < kParts; ++part) parts[part] += values[i + part];
  }
  double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  for (; i < values.size(); ++i) sum += values[i];
  return sum;
}

std::vector<double> make_doubles(std::uint64_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  tell_made();
  return values;
}

double sum_of_doubles(std::uint64_t count) {
  const auto n = static_cast<double>(count);
  return n * (n - 1) / 2;
}

void prepare_to_tell() { made = &make_shared_object<std::atomic<Instant::rep>>(); }

void tell_made() noexcept {
  if (made != nullptr) made->store(std::chrono::steady_clock::now().time_since_epoch().count());
}

Instant last_made() { return Instant(Instant::duration(made->load())); }

}  // namespace bench

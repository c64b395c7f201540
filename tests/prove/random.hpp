#pragma once

#include <cmath>
#include <cstdint>

namespace prove {

// splitmix64: one multiplication chain, good enough to choose by, and the same everywhere.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix(seed)) {}
  // Of one of several threads, in one of several rounds.
  Random(std::uint64_t seed, std::uint64_t round, std::uint64_t thread)
      : state_(mix(mix(seed) ^ mix(round * 1024 + thread))) {}

  std::uint64_t next() { return mix(state_++); }
  // From 0 to n - 1.
  std::uint32_t below(std::uint64_t n) { return static_cast<std::uint32_t>(next() % n); }
  bool one_in(std::uint64_t n) { return next() % n == 0; }
  bool percent(unsigned p) { return next() % 100 < p; }
  // As times between things that happen by chance.
  double exponential(double mean) {
    const double u = static_cast<double>(next() >> 11) * 0x1p-53;
    return -mean * std::log(1 - u);
  }

 private:
  std::uint64_t state_;
};

}  // namespace prove

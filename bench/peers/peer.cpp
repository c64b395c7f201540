#include "bench/peers/peer.hpp"

#include <stdexcept>

namespace bench {

namespace {

[[noreturn]] void throw_not_offered(const char* what) {
  throw std::logic_error(std::string("this peer does not offer ") + what +
                         ", though the table of peers says so");
}

}  // namespace

std::uint64_t Peer::kept(std::uint32_t) { throw_not_offered("kept"); }
std::uint64_t Peer::windowed(std::uint32_t, std::uint32_t) { throw_not_offered("windowed"); }
std::uint64_t Peer::one_at_a_time(std::uint32_t, std::chrono::nanoseconds, std::vector<double>&) {
  throw_not_offered("one_at_a_time");
}
std::uint64_t Peer::map(std::span<const int>) { throw_not_offered("map"); }

int short_work(int n) {
  constexpr int kSteps = 50;
  auto x = static_cast<std::uint32_t>(n);
  for (int i = 0; i < kSteps; ++i) {
    x = x * 1664525 + 1013904223;
    x ^= x >> 13;
  }
  return static_cast<int>(x >> 1);
}

}  // namespace bench

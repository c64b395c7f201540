#include "lib/common/random.hpp"

#include <unistd.h>

#include <array>
#include <mutex>
#include <optional>

#include "lib/common/fork_guard.hpp"

namespace muster {

namespace {

detail::ForkSafeMutex pool_seeds_mutex;
std::optional<std::mt19937_64> pool_seeds;  // set by seed()

// The kernel's. Fails on no kernel that Muster runs on, and then std::random_device may know more.
std::uint64_t entropy() {
  std::uint64_t value = 0;
  if (::getentropy(&value, sizeof(value)) == 0) return value;
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// What this thread's engine is to begin with, once somebody asks for it: most workers never do.
struct NewSeed {
  std::array<std::uint32_t, 4> words{};
  bool wanted = false;
};
constinit thread_local NewSeed new_seed;

}  // namespace

std::mt19937_64& random() {
  thread_local std::mt19937_64 engine(entropy());
  if (new_seed.wanted) {
    new_seed.wanted = false;
    std::seed_seq sequence(new_seed.words.begin(), new_seed.words.end());
    engine.seed(sequence);
  }
  return engine;
}

void seed(std::uint64_t value) {
  random().seed(value);
  const std::lock_guard lock(pool_seeds_mutex);
  pool_seeds.emplace(value);
}

namespace detail {

std::uint64_t next_pool_seed() {
  const std::lock_guard lock(pool_seeds_mutex);
  return pool_seeds ? (*pool_seeds)() : entropy();
}

void reseed_random(std::uint64_t pool_seed, std::uint32_t index, std::uint64_t incarnation) {
  new_seed.words = {static_cast<std::uint32_t>(pool_seed),
                    static_cast<std::uint32_t>(pool_seed >> 32), index,
                    static_cast<std::uint32_t>(incarnation)};
  new_seed.wanted = true;
}

}  // namespace detail

}  // namespace muster

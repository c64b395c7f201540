#include "lib/common/random.hpp"

#include <mutex>
#include <optional>

#include "lib/common/fork_guard.hpp"

namespace muster {

namespace {

detail::ForkSafeMutex pool_seeds_mutex;
std::optional<std::mt19937_64> pool_seeds;  // set by seed()

std::uint64_t entropy() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace

std::mt19937_64& random() {
  thread_local std::mt19937_64 engine(entropy());
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
  std::seed_seq sequence{static_cast<std::uint32_t>(pool_seed),
                         static_cast<std::uint32_t>(pool_seed >> 32), index,
                         static_cast<std::uint32_t>(incarnation)};
  random().seed(sequence);
}

}  // namespace detail

}  // namespace muster

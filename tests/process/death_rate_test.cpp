#include "lib/supervisor/death_rate.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace muster::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(DeathRate, IsExceededByOneMoreThanItAllows) {
  DeathRate rate({.deaths = 3, .within = 5s});
  EXPECT_FALSE(rate.exceeds_with_another(1 * kSecond));
  EXPECT_FALSE(rate.exceeds_with_another(2 * kSecond));
  EXPECT_FALSE(rate.exceeds_with_another(3 * kSecond));
  EXPECT_TRUE(rate.exceeds_with_another(6 * kSecond));
}

TEST(DeathRate, ForgetsDeathsOfLongAgo) {
  DeathRate rate({.deaths = 1, .within = 5s});
  EXPECT_FALSE(rate.exceeds_with_another(1 * kSecond));
  EXPECT_FALSE(rate.exceeds_with_another(6 * kSecond + 1));
  EXPECT_TRUE(rate.exceeds_with_another(6 * kSecond + 2));
}

TEST(DeathRate, MayBeUnlimited) {
  DeathRate rate({.deaths = 0, .within = 5s});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(rate.exceeds_with_another(kSecond));
}

}  // namespace
}  // namespace muster::detail

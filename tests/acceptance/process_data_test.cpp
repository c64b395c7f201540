// What docs/DATA.md says travels, through a real pool: as argument, as result and through map.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "codec/data_rows.hpp"
#include "codec/random_value.hpp"
#include "codec/same_value.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using muster::test::RandomValues;
using muster::test::types_of;

template <class... Ts>
std::tuple<Ts...> one_of_each(muster::test::TypeList<Ts...>);

// A value of each type in these rows.
template <class Rows>
using OneOfEach = decltype(one_of_each(types_of(Rows{})));

template <class Values>
Values random_values(std::uint64_t seed) {
  RandomValues values(seed);
  return values.make<Values>();
}

template <class... Ts>
void expect_same(const std::tuple<Ts...>& a, const std::tuple<Ts...>& b, std::uint64_t seed) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (static_cast<void>([&] {
       EXPECT_TRUE(muster::test::same(std::get<I>(a), std::get<I>(b)))
           << typeid(Ts).name() << " of seed " << seed;
     }()),
     ...);
  }(std::index_sequence_for<Ts...>{});
}

template <class Values>
Values echo(Values values) {
  return values;
}

template <class Rows>
class EveryType : public testing::Test {};
using Groups = testing::Types<muster::test::BytesRows, muster::test::ContainerRows,
                              muster::test::PointerRows, muster::test::OwnRows>;
TYPED_TEST_SUITE(EveryType, Groups);

TYPED_TEST(EveryType, TravelsToATaskAndBack) {
  using Values = OneOfEach<TypeParam>;
  ProcessPoolExecutor pool({.max_workers = 1});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto future = pool.submit(echo<Values>, random_values<Values>(seed));
    expect_same(std::move(future).result(), random_values<Values>(seed), seed);
  }
}

TYPED_TEST(EveryType, TravelsThroughMap) {
  using Values = OneOfEach<TypeParam>;
  constexpr std::uint64_t kItems = 40;
  ProcessPoolExecutor pool({.max_workers = 2});
  auto inputs =
      std::views::iota(std::uint64_t{0}, kItems) |
      std::views::transform([](std::uint64_t seed) { return random_values<Values>(seed); });
  std::uint64_t seed = 0;
  auto results = pool.map({.chunksize = 7}, echo<Values>, inputs);
  for (auto&& values : results) {
    expect_same(values, random_values<Values>(seed), seed);
    ++seed;
  }
  EXPECT_EQ(seed, kItems);
}

TEST(Views, SeeWhatWasSent) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto sum = [](std::span<const double> numbers) {
    double total = 0;
    for (const double number : numbers) total += number;
    return total;
  };
  EXPECT_EQ(pool.submit(sum, std::vector<double>{1, 2, 3.5}).result(), 6.5);
  EXPECT_EQ(pool.submit(sum, std::vector<double>{}).result(), 0);
  const auto size = [](std::string_view text, std::u16string_view wide) {
    return text.size() * 100 + wide.size();
  };
  EXPECT_EQ(pool.submit(size, "four", u"three").result(), 405u);
  const auto first = [](std::span<const Point, 2> points) { return points[0].x; };
  EXPECT_EQ(pool.submit(first, std::array<Point, 2>{Point{7, 8}, Point{}}).result(), 7);
}

// One object given twice arrives as one, in the same argument and in another.
TEST(Sharing, IsKeptWithinAMessage) {
  ProcessPoolExecutor pool({.max_workers = 1});
  using Pointer = std::shared_ptr<std::string>;
  const auto one = std::make_shared<std::string>("one");
  const auto are_one = [](const Pointer& a, const std::vector<Pointer>& b) {
    return b[0] == b[1] && a == b[0];
  };
  EXPECT_TRUE(pool.submit(are_one, one, std::vector<Pointer>{one, one}).result());
  const auto twice = [](Pointer pointer) { return std::vector<Pointer>{pointer, pointer}; };
  const auto both = pool.submit(twice, one).result();
  EXPECT_EQ(both[0], both[1]);
  EXPECT_NE(both[0], one);
}

}  // namespace

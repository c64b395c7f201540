// Property tests: random values of every kind of type come back equal.
#include <algorithm>
#include <chrono>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <queue>
#include <set>
#include <stack>
#include <unordered_map>
#include <unordered_set>
#include <valarray>

#include <gtest/gtest.h>

#include <muster/codec.hpp>

#include "codec/message.hpp"
#include "codec/random_value.hpp"

namespace muster::test {
namespace {

enum class Colour : std::uint16_t { red = 1, green = 2 };

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Person {
  std::string name;
  std::vector<Point> track;
  std::optional<int> age;
  char initials[4] = {};
  friend bool operator==(const Person&, const Person&) = default;
};

// What == does not compare as it should, by value.
template <class T>
bool equal(const T& a, const T& b) {
  return a == b;
}
template <class T>
bool equal(const std::unique_ptr<T>& a, const std::unique_ptr<T>& b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}
template <class T>
bool equal(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}
template <class T>
bool equal(const std::vector<std::shared_ptr<T>>& a, const std::vector<std::shared_ptr<T>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return equal(x, y); });
}
template <class T>
bool equal(const std::valarray<T>& a, const std::valarray<T>& b) {
  return std::equal(std::begin(a), std::end(a), std::begin(b), std::end(b));
}
template <class T>
bool equal(std::priority_queue<T> a, std::priority_queue<T> b) {
  for (; !a.empty() && !b.empty() && a.top() == b.top(); a.pop()) b.pop();
  return a.empty() && b.empty();
}

template <class T>
T random_value(RandomValues& random) {
  return random.make<T>();
}
template <>
Point random_value<Point>(RandomValues& random) {
  return {random.make<double>(), random.make<double>()};
}
template <>
Person random_value<Person>(RandomValues& random) {
  Person person{random.make<std::string>(), {}, random.make<std::optional<int>>(), {}};
  for (std::size_t n = random.below(9); n != 0; --n) {
    person.track.push_back(random_value<Point>(random));
  }
  for (char& c : person.initials) c = random.make<char>();
  return person;
}

template <class T>
class RoundTrip : public ::testing::Test {};

using Types = ::testing::Types<
    bool, char, std::uint8_t, std::int64_t, float, double, long double, Colour, Point, Person,
    std::complex<double>, std::bitset<77>, std::chrono::nanoseconds, std::chrono::duration<double>,
    std::chrono::system_clock::time_point, std::string, std::wstring, std::u16string,
    std::vector<int>, std::vector<char>, std::vector<bool>, std::vector<long double>,
    std::vector<std::string>, std::vector<std::vector<bool>>, std::deque<int>,
    std::list<std::string>, std::forward_list<int>, std::set<int>, std::multiset<std::string>,
    std::map<std::string, std::vector<int>>, std::multimap<int, int>, std::unordered_set<int>,
    std::unordered_multiset<int>, std::unordered_map<std::string, std::string>,
    std::unordered_multimap<int, std::string>, std::queue<int>, std::stack<std::string>,
    std::priority_queue<int>, std::valarray<double>, std::array<int, 5>, std::array<std::string, 3>,
    std::pair<int, std::string>, std::pair<char, double>, std::tuple<>,
    std::tuple<int, std::string, std::vector<double>>, std::monostate, std::optional<int>,
    std::optional<std::vector<std::string>>, std::variant<std::monostate, int, std::string>,
    std::vector<std::variant<int, double>>, std::unique_ptr<int>, std::unique_ptr<std::string>,
    std::shared_ptr<std::string>, std::vector<std::shared_ptr<int>>, std::filesystem::path,
    std::error_code, std::map<int, std::map<int, std::optional<std::tuple<std::string, bool>>>>>;
TYPED_TEST_SUITE(RoundTrip, Types);

TYPED_TEST(RoundTrip, GivesBackEqualValues) {
  RandomValues random(20240229);
  for (int i = 0; i < 3000; ++i) {
    const TypeParam value = random_value<TypeParam>(random);
    const TypeParam read = round_trip(value);
    ASSERT_TRUE(equal(value, read)) << "value number " << i;
  }
}

TEST(RoundTripOfMany, ValuesOneAfterAnother) {
  RandomValues random(7);
  for (int i = 0; i < 3000; ++i) {
    const auto a = random.make<std::string>();
    const auto b = random.make<std::vector<double>>();
    const auto c = random.make<std::map<int, std::string>>();
    const Message message = Message::of(a, b, c);
    Decoder in(message.bytes().data(), message.bytes().size());
    ASSERT_EQ(in.read<std::string>(), a);
    ASSERT_EQ(in.read<std::vector<double>>(), b);
    ASSERT_EQ((in.read<std::map<int, std::string>>()), c);
  }
}

TEST(RoundTripOfMany, RegionsNeedNotBeAligned) {
  const std::vector<double> values{1, 2, 3};
  const Message message = Message::of(values);
  for (std::size_t shift = 0; shift < 16; ++shift) {
    std::vector<std::byte> copy(shift);
    copy.insert(copy.end(), message.bytes().begin(), message.bytes().end());
    Decoder in(copy.data() + shift, copy.size() - shift);
    EXPECT_EQ(in.read<std::vector<double>>(), values);
  }
}

TEST(RoundTripOfMany, ContainersOfWhatIsWrittenAsNothing) {
  struct Silent {
    ~Silent() {}
  };
  EXPECT_EQ(round_trip(std::vector<Silent>(100)).size(), 100u);
  EXPECT_EQ(round_trip(std::list<Silent>(3)).size(), 3u);
}

TEST(RoundTripOfMany, PointersToFunctions) {
  using Function = int (*)(int);
  const Function twice = [](int x) { return 2 * x; };
  EXPECT_EQ(round_trip(twice)(21), 42);
  EXPECT_EQ(round_trip(Function{nullptr}), nullptr);
  const std::vector<Function> functions{twice, nullptr};
  EXPECT_EQ(round_trip(functions), functions);
  struct Holder {
    Function function;
    int argument;
  };
  const Holder holder = round_trip(Holder{twice, 4});
  EXPECT_EQ(holder.function(holder.argument), 8);
  EXPECT_EQ(round_trip(&std::string::size), &std::string::size);
}

}  // namespace
}  // namespace muster::test

// Property tests: random values of every type of docs/DATA.md come back equal.
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>

#include "codec/message.hpp"
#include "codec/random_value.hpp"
#include "codec/value_checks.hpp"

namespace muster::test {
namespace {

class RoundTrip : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RoundTrip, GivesBackEqualValues) {
  constexpr std::uint64_t kSeed = 20240229;
  const ValueCheck& check = value_checks()[GetParam()];
  RandomValues values(kSeed);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(check.comes_back(values))
        << "value number " << i << " of seed " << kSeed << " of type " << check.type;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, RoundTrip, ::testing::Range<std::size_t>(0, value_checks().size()),
                         [](const auto& tested) { return name_for_test(tested.param); });

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

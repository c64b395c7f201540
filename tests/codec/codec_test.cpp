// Codec<T> of the user's own, and what is found before what.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/error.hpp>
#include <muster/exception_registry.hpp>
#include <muster/shared_array.hpp>

#include "codec/message.hpp"

namespace muster::test {
namespace {

struct Celsius {
  double degrees;
};
struct Handle {
  int* pointer;
};
struct Both {
  int value;
  template <class Archive>
  void serialize(Archive&) {
    ADD_FAILURE() << "trivially copyable types travel as bytes";
  }
};
struct Picky {
  int value;
};
struct Greedy {
  int value;
};

class Category : public std::error_category {
 public:
  const char* name() const noexcept override { return "kitchen"; }
  std::string message(int value) const override { return "burnt " + std::to_string(value); }
};
const Category kitchen;

class OtherCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "cellar"; }
  std::string message(int) const override { return "dark"; }
};
const OtherCategory cellar;

}  // namespace
}  // namespace muster::test

namespace muster {

template <>
struct Codec<test::Celsius> {
  static void encode(Encoder& out, const test::Celsius& value) {
    out.write(std::to_string(value.degrees));
  }
  static test::Celsius decode(Decoder& in) { return {std::stod(in.read<std::string>()) + 100}; }
};
template <>
struct Codec<test::Handle> {
  static void encode(Encoder& out, const test::Handle& value) { out.write(*value.pointer); }
  static test::Handle decode(Decoder& in) { return {new int(in.read<int>())}; }
};
template <>
struct Codec<test::Picky> {
  static void encode(Encoder& out, const test::Picky& value) {
    if (value.value < 0) throw std::invalid_argument("negative");
    out.write(value.value);
  }
  static test::Picky decode(Decoder& in) { return {in.read<int>()}; }
};
template <>
struct Codec<test::Greedy> {
  static void encode(Encoder& out, const test::Greedy& value) { out.write(value.value); }
  static test::Greedy decode(Decoder& in) {
    const int value = in.read<int>();
    in.read<int>();
    return {value};
  }
};

namespace test {
namespace {

TEST(UserCodec, IsFoundFirstWhereverTheTypeIs) {
  EXPECT_EQ(round_trip(Celsius{1}).degrees, 101);
  EXPECT_EQ(round_trip(std::vector<Celsius>{{1}, {2}}).at(1).degrees, 102);
  struct Weather {
    Celsius temperature;
    int humidity;
  };
  EXPECT_EQ(round_trip(Weather{{3}, 4}).temperature.degrees, 103);
  EXPECT_EQ(round_trip(std::array<Celsius, 2>{{{3}, {4}}})[1].degrees, 104);
}

TEST(UserCodec, MayCarryWhatIsRefusedElse) {
  int value = 3;
  const Handle read = round_trip(Handle{&value});
  EXPECT_EQ(*read.pointer, 3);
  delete read.pointer;
}

TEST(UserCodec, LetsItsExceptionsThrough) {
  EXPECT_THROW(Message::of(Picky{-1}), std::invalid_argument);
}

TEST(UserCodec, ThatReadsMoreThanItWroteIsAnError) {
  const Message message = Message::of(Greedy{1});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_THROW(in.read<Greedy>(), EncodingError);
  const Message several = Message::of(std::vector<Greedy>(2));
  Decoder again(several.bytes().data(), several.bytes().size());
  EXPECT_THROW(again.read<std::vector<Greedy>>(), EncodingError);
}

TEST(Codec, TriviallyCopyableGoesBeforeCereal) { EXPECT_EQ(round_trip(Both{5}).value, 5); }

TEST(SharedArrays, AreMadeOfAListOfElements) {
  const auto array = SharedArray<int>::from({1, 2, 3});
  EXPECT_EQ(std::vector<int>(array.begin(), array.end()), (std::vector<int>{1, 2, 3}));
  const auto fixed = SharedArray<const int>::from({4, 5});
  EXPECT_EQ(std::vector<int>(fixed.begin(), fixed.end()), (std::vector<int>{4, 5}));
  EXPECT_TRUE(SharedArray<int>::from({}).empty());
}

TEST(Codec, TheDefaultCanBeCalledByName) {
  Message message;
  Codec<std::vector<int>>::encode(message.encoder(), {1, 2});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_EQ(Codec<std::vector<int>>::decode(in), (std::vector<int>{1, 2}));
}

TEST(ErrorCodes, OfRegisteredCategoriesTravelByName) {
  register_error_category(kitchen);
  const std::error_code read = round_trip(std::error_code(3, kitchen));
  EXPECT_EQ(&read.category(), &kitchen);
  EXPECT_EQ(read.message(), "burnt 3");
  EXPECT_EQ(round_trip(std::make_error_code(std::errc::no_such_file_or_directory)),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(round_trip(std::make_error_condition(std::errc::timed_out)), std::errc::timed_out);
}

TEST(ErrorCodes, OfUnknownCategoriesAreAnErrorThatNamesTheCategory) {
  try {
    Message::of(std::error_code(1, cellar));
    FAIL();
  } catch (const EncodingError& error) {
    EXPECT_NE(std::string(error.what()).find("\"cellar\""), std::string::npos);
  }
}

}  // namespace
}  // namespace test
}  // namespace muster

// Bytes that another process may have scribbled over: reading them as any type of docs/DATA.md
// gives some value or an EncodingError, and touches nothing else. The sanitizers see to the rest.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"
#include "codec/random_value.hpp"
#include "codec/value_checks.hpp"

namespace muster::test {
namespace {

// A copy that ends where its memory ends.
class Copy {
 public:
  explicit Copy(std::span<const std::byte> bytes)
      : size_(bytes.size()), bytes_(std::make_unique<std::byte[]>(bytes.size())) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  std::span<std::byte> bytes() { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

class HostileBytes : public ::testing::TestWithParam<std::size_t> {
 protected:
  const ValueCheck& check_ = value_checks()[GetParam()];
};

TEST_P(HostileBytes, CutOffAnywhereAreAnError) {
  RandomValues values(3);
  for (int i = 0; i < 5; ++i) {
    const std::vector<std::byte> whole = check_.encode(values);
    ASSERT_TRUE(check_.holds(Copy(whole).bytes()));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ASSERT_FALSE(check_.holds(Copy(std::span(whole).first(size)).bytes())) << size;
    }
  }
}

TEST_P(HostileBytes, WithAnyByteChangedAreAValueOrAnError) {
  RandomValues values(5);
  for (int i = 0; i < 300; ++i) {
    Copy copy(check_.encode(values));
    if (copy.bytes().empty()) continue;
    for (std::size_t n = 1 + values.below(4); n != 0; --n) {
      copy.bytes()[values.below(copy.bytes().size())] = values.make<std::byte>();
    }
    check_.holds(copy.bytes());
  }
}

TEST_P(HostileBytes, OfPureNoiseAreAValueOrAnError) {
  RandomValues values(11);
  std::array<std::byte, 100> noise;
  for (int i = 0; i < 300; ++i) {
    for (std::byte& byte : noise) byte = values.make<std::byte>() & std::byte{3};
    check_.holds(Copy(std::span(noise).first(values.below(noise.size()))).bytes());
  }
}

INSTANTIATE_TEST_SUITE_P(Every, HostileBytes,
                         ::testing::Range<std::size_t>(0, value_checks().size()),
                         [](const auto& tested) { return name_for_test(tested.param); });

TEST(HostileLengths, AllocateNoMoreThanTheMessageCouldHold) {
  // A thousand bytes claim to be elements of a megabyte each.
  struct Big {
    std::optional<std::array<char, 1 << 20>> data;
    ~Big() = default;
  };
  Message message = Message::of(std::uint64_t{1000});
  for (int i = 0; i < 1000; ++i) message.encoder().write(std::uint8_t{2});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_THROW(in.read<std::vector<Big>>(), EncodingError);
}

TEST(HostileLengths, OfElementsThatAreWrittenAsNothingAreHeldAgainstTheBytesToo) {
  struct Silent {
    ~Silent() {}
  };
  for (const std::uint64_t count : {std::uint64_t{11}, std::uint64_t{1} << 60}) {
    const Message message = Message::of(count, std::array<char, 10>{});
    Decoder in(message.bytes().data(), message.bytes().size());
    EXPECT_THROW(in.read<std::vector<Silent>>(), EncodingError);
  }
}

TEST(HostileVariants, WithAnIndexOutOfRangeAreAnError) {
  const Message message = Message::of(std::uint32_t{2}, std::uint64_t{0});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_THROW((in.read<std::variant<int, std::string>>()), EncodingError);
}

TEST(HostileFunctions, OutsideOfAnyCodeAreAnError) {
  using Function = int (*)(int);
  for (const std::uint64_t code : {std::uint64_t{0xFFF0'0000'0000'0000}, std::uint64_t{0},
                                   (std::uint64_t{1} << 48) - 1, std::uint64_t{1} << 47}) {
    const Message message = Message::of(code);
    Decoder in(message.bytes().data(), message.bytes().size());
    EXPECT_THROW(in.read<Function>(), EncodingError) << std::hex << code;
  }
}

}  // namespace
}  // namespace muster::test

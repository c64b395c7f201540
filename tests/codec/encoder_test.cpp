#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"

namespace muster::test {
namespace {

TEST(Encoder, WritesIntoItsRegionUntilItIsFull) {
  std::array<std::byte, 8> region;
  Encoder out(region.data(), region.data() + region.size());
  out.write(std::uint32_t{1});
  out.write(std::uint32_t{2});
  EXPECT_EQ(out.size(), 8u);
  EXPECT_EQ(out.data(), region.data());
  EXPECT_THROW(out.write(std::uint8_t{3}), EncodingError);
  EXPECT_EQ(out.size(), 8u);
}

TEST(Encoder, GrowsAndKeepsWhatWasWritten) {
  Message message;
  for (std::uint32_t i = 0; i < 100'000; ++i) message.encoder().write(i);
  Decoder in(message.bytes().data(), message.bytes().size());
  for (std::uint32_t i = 0; i < 100'000; ++i) ASSERT_EQ(in.read<std::uint32_t>(), i);
}

TEST(Encoder, RefusesMoreBytesThanThereCanBe) {
  Message message;
  message.encoder().write('x');
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  // Also where a multiple of 64 above it, or twice as much, would come round to zero.
  for (const std::size_t size : {kMost, kMost - 1, kMost - 64, kMost / 2 + 1, kMost / 2}) {
    message.encoder().expect(size);
    EXPECT_THROW(message.encoder().extend(size), EncodingError);
  }
  EXPECT_EQ(message.bytes().size(), 1u);
}

TEST(Encoder, AlignsBothSidesAlike) {
  for (const std::size_t alignment : {1u, 2u, 4u, 8u, 16u, 64u}) {
    Message message;
    message.encoder().write('x');
    message.encoder().align(alignment);
    EXPECT_EQ(message.bytes().size() % alignment, 0u);
    message.encoder().write('y');
    Decoder in(message.bytes().data(), message.bytes().size());
    EXPECT_EQ(in.read<char>(), 'x');
    in.align(alignment);
    EXPECT_EQ(in.read<char>(), 'y');
    EXPECT_EQ(in.remaining(), 0u);
  }
}

TEST(Encoder, ForgetsWhatIsTruncated) {
  Message message;
  message.encoder().write(1);
  message.encoder().write(2);
  message.encoder().truncate(4);
  message.encoder().write(3);
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_EQ(in.read<int>(), 1);
  EXPECT_EQ(in.read<int>(), 3);
}

TEST(Decoder, ThrowsPastTheEndAndStaysWhereItWas) {
  const Message message = Message::of(std::uint32_t{7});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_THROW(in.read<std::uint64_t>(), EncodingError);
  EXPECT_EQ(in.remaining(), 4u);
  EXPECT_EQ(in.read<std::uint32_t>(), 7u);
  EXPECT_THROW(in.read<char>(), EncodingError);
  EXPECT_THROW(in.align(64), EncodingError);
}

TEST(Decoder, HoldsACountAgainstTheBytesThatRemain) {
  const auto count_of = [](std::uint64_t count, std::size_t bytes_each) {
    const Message message = Message::of(count, std::array<char, 10>{});
    Decoder in(message.bytes().data(), message.bytes().size());
    return in.read_count(bytes_each);
  };
  EXPECT_EQ(count_of(10, 1), 10u);
  EXPECT_EQ(count_of(2, 5), 2u);
  EXPECT_THROW(count_of(11, 1), EncodingError);
  EXPECT_THROW(count_of(3, 4), EncodingError);
  EXPECT_THROW(count_of(std::uint64_t{1} << 63, 2), EncodingError);
}

TEST(Decoder, ReadsOfNothing) {
  Decoder in(nullptr, 0);
  EXPECT_EQ(in.remaining(), 0u);
  in.read(nullptr, 0);
  EXPECT_THROW(in.read<std::string>(), EncodingError);
}

}  // namespace
}  // namespace muster::test

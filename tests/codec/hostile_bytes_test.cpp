// Bytes that another process may have scribbled over: reading them gives some value or an
// EncodingError, and touches nothing else. The sanitizers see to the rest.
#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <queue>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"
#include "codec/random_value.hpp"

namespace muster::test {
namespace {

struct Record {
  std::string name;
  std::vector<std::string> lines;
  std::optional<std::vector<int>> numbers;
  std::shared_ptr<std::string> shared;
};

struct Node {
  int value = 0;
  std::unique_ptr<Node> next;
  std::vector<Node> children;
};

// A copy that ends where its memory ends.
class Copy {
 public:
  explicit Copy(std::span<const std::byte> bytes)
      : size_(bytes.size()), bytes_(std::make_unique<std::byte[]>(bytes.size())) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  std::span<std::byte> bytes() { return {bytes_.get(), size_}; }

  // Whether they are a T and nothing more.
  template <class T>
  bool holds() {
    Decoder in(bytes_.get(), size_);
    try {
      static_cast<void>(in.read<T>());
      return in.remaining() == 0;
    } catch (const EncodingError&) {
      return false;
    }
  }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

template <class T>
T sample(RandomValues& random) {
  return random.make<T>();
}
template <>
Record sample<Record>(RandomValues& random) {
  return {random.make<std::string>(), random.make<std::vector<std::string>>(),
          random.make<std::optional<std::vector<int>>>(),
          random.make<std::shared_ptr<std::string>>()};
}
template <>
Node sample<Node>(RandomValues& random) {
  Node node{random.make<int>(), nullptr, {}};
  if (random.below(3) != 0) node.next = std::make_unique<Node>(sample<Node>(random));
  if (random.below(4) == 0) node.children.push_back(sample<Node>(random));
  return node;
}

template <class T>
class HostileBytes : public ::testing::Test {};

using Types =
    ::testing::Types<int, std::string, std::vector<int>, std::vector<std::string>,
                     std::vector<bool>, std::list<std::string>, std::set<std::string>,
                     std::map<std::string, std::vector<int>>, std::unordered_map<int, std::string>,
                     std::priority_queue<int>, std::tuple<std::string, double, std::string>,
                     std::optional<std::string>, std::variant<int, std::string, std::vector<int>>,
                     std::vector<std::unique_ptr<std::string>>,
                     std::vector<std::shared_ptr<std::string>>, std::filesystem::path,
                     std::error_code, Record, Node>;
TYPED_TEST_SUITE(HostileBytes, Types);

TYPED_TEST(HostileBytes, CutOffAnywhereAreAnError) {
  RandomValues random(3);
  for (int i = 0; i < 20; ++i) {
    const Message message = Message::of(sample<TypeParam>(random));
    const auto whole = message.bytes();
    ASSERT_TRUE(Copy(whole).template holds<TypeParam>());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ASSERT_FALSE(Copy(whole.first(size)).template holds<TypeParam>());
    }
  }
}

TYPED_TEST(HostileBytes, WithAnyByteChangedAreAValueOrAnError) {
  RandomValues random(5);
  for (int i = 0; i < 2000; ++i) {
    const Message message = Message::of(sample<TypeParam>(random));
    Copy copy(message.bytes());
    for (std::size_t n = 1 + random.below(4); n != 0; --n) {
      copy.bytes()[random.below(copy.bytes().size())] = random.make<std::byte>();
    }
    copy.template holds<TypeParam>();
  }
}

TYPED_TEST(HostileBytes, OfPureNoiseAreAValueOrAnError) {
  RandomValues random(11);
  std::array<std::byte, 100> noise;
  for (int i = 0; i < 2000; ++i) {
    for (std::byte& byte : noise) byte = random.make<std::byte>() & std::byte{3};
    Copy(std::span(noise).first(random.below(noise.size()))).template holds<TypeParam>();
  }
}

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

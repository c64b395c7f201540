#include "lib/segments/arena.hpp"

#include <cstring>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "lib/segments/memfd.hpp"

namespace muster::detail {
namespace {

class ArenaTest : public testing::Test {
 protected:
  static constexpr std::size_t kCapacity = std::size_t{8} << 20;

  Memfd memory_ = Memfd::create("arena-test", kCapacity);
  boost::interprocess::mapped_region region_ =
      map_shared(memory_, boost::interprocess::read_write, 0, kCapacity);
  std::byte* base_ = static_cast<std::byte*>(region_.get_address());
  Arena arena_{base_, kCapacity, memory_.fd(), 0};
};

TEST_F(ArenaTest, TakesNoPagesBeforeTheFirstBlock) {
  EXPECT_EQ(arena_.backed(), 0u);
  EXPECT_EQ(arena_.in_use(), 0u);
}

TEST_F(ArenaTest, BlocksAreAlignedAndWithinTheStretch) {
  for (const std::size_t size : {1u, 63u, 64u, 65u, 100'000u}) {
    std::byte* block = arena_.allocate(size);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(arena_.offset_of(block) % Arena::kAlignment, 0u);
    EXPECT_LE(arena_.offset_of(block) + size, arena_.backed());
    std::memset(block, 0xab, size);
  }
}

TEST_F(ArenaTest, SaysNoWhenTheStretchIsUsedUpAndYesAgainAfterAFree) {
  std::byte* large = arena_.allocate(kCapacity / 2);
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(arena_.allocate(kCapacity * 3 / 4), nullptr);
  EXPECT_EQ(arena_.allocate(kCapacity + 1), nullptr);
  arena_.free(large);
  EXPECT_NE(arena_.allocate(kCapacity * 3 / 4), nullptr);
}

TEST(LargeArenaTest, MemoryOfLargeBlocksGoesBackToTheSystem) {
  constexpr std::size_t kStretch = std::size_t{2} << 30;
  constexpr std::size_t kLarge = std::size_t{600} << 20;
  const Memfd memory = Memfd::create("arena-test", kStretch);
  const auto region = map_shared(memory, boost::interprocess::read_write, 0, kStretch);
  Arena arena(static_cast<std::byte*>(region.get_address()), kStretch, memory.fd(), 0);
  std::byte* small = arena.allocate(1000);
  std::byte* large = arena.allocate(kLarge);
  if (large == nullptr) GTEST_SKIP() << "this machine has not 600 MiB left";
  std::memset(small, 0x11, 1000);
  const std::size_t most = arena.backed();
  EXPECT_TRUE(arena.free(large));
  EXPECT_LT(arena.backed(), most / 2);
  // What is left is as it was, and what is taken anew is there.
  std::byte* again = arena.allocate(kLarge);
  ASSERT_NE(again, nullptr);
  again[0] = again[kLarge - 1] = std::byte{0x22};
  EXPECT_EQ(small[0], std::byte{0x11});
  EXPECT_EQ(small[999], std::byte{0x11});
  arena.free(small);
  arena.free(again);
  EXPECT_LT(arena.backed(), most / 2);
}

TEST_F(ArenaTest, RandomBlocksDoNotOverlapAndAllMemoryComesBack) {
  std::mt19937 random(2);
  std::map<std::byte*, std::pair<std::size_t, unsigned char>> blocks;
  std::size_t at_rest = 0;
  for (int i = 0; i < 4000; ++i) {
    if (blocks.size() < 40 && random() % 2 == 0) {
      const std::size_t size = random() % 20'000 + 1;
      std::byte* block = arena_.allocate(size);
      ASSERT_NE(block, nullptr);
      const auto mark = static_cast<unsigned char>(random());
      std::memset(block, mark, size);
      blocks[block] = {size, mark};
    } else if (!blocks.empty()) {
      auto it = blocks.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random() % blocks.size()));
      for (std::size_t k = 0; k < it->second.first; ++k) {
        ASSERT_EQ(static_cast<unsigned char>(it->first[k]), it->second.second);
      }
      arena_.free(it->first);
      blocks.erase(it);
      if (blocks.empty()) at_rest = arena_.in_use();
    }
  }
  for (const auto& [block, what] : blocks) arena_.free(block);
  if (at_rest != 0) {
    EXPECT_EQ(arena_.in_use(), at_rest);
  }
  EXPECT_LT(arena_.in_use(), 4096u) << "only its own bookkeeping is left";
}

}  // namespace
}  // namespace muster::detail

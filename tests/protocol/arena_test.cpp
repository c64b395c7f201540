#include "lib/segments/arena.hpp"

#include <sys/stat.h>

#include <cstring>
#include <map>
#include <random>
#include <utility>
#include <vector>

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

  // All pages that there are: were there more than the arena says, it would have touched one that
  // it has given back, and that can fail.
  std::size_t pages_of_the_system() const {
    struct stat status {};
    EXPECT_EQ(::fstat(memory_.fd(), &status), 0);
    return static_cast<std::size_t>(status.st_blocks) * 512;
  }
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
  const std::size_t most = arena.pages();
  arena.free(large);
  EXPECT_LT(arena.pages(), most / 2);
  // What is left is as it was, and what is taken anew is there.
  std::byte* again = arena.allocate(kLarge);
  ASSERT_NE(again, nullptr);
  again[0] = again[kLarge - 1] = std::byte{0x22};
  EXPECT_EQ(small[0], std::byte{0x11});
  EXPECT_EQ(small[999], std::byte{0x11});
  arena.free(small);
  arena.free(again);
  EXPECT_LT(arena.pages(), most / 2);
}

TEST_F(ArenaTest, WithoutBlocksIsTrimmedToNothing) {
  std::byte* const a = arena_.allocate(1'000'000);
  std::byte* const b = arena_.allocate(100);
  arena_.free(a);
  arena_.free(b);
  arena_.trim();
  EXPECT_EQ(arena_.pages(), 0U);
  EXPECT_EQ(pages_of_the_system(), 0U);
  EXPECT_NE(arena_.allocate(1'000'000), nullptr);
}

TEST_F(ArenaTest, GivesBackWhatLiesBetweenBlocks) {
  constexpr std::size_t kLarge = 1'000'000;
  std::vector<std::byte*> larges;
  std::vector<std::byte*> smalls;
  for (int i = 0; i < 5; ++i) {
    larges.push_back(arena_.allocate(kLarge));
    smalls.push_back(arena_.allocate(100));
    std::memset(larges.back(), i, kLarge);
    std::memset(smalls.back(), 0x50 + i, 100);
  }
  for (std::byte* const large : larges) arena_.free(large);
  arena_.trim();
  EXPECT_LT(arena_.pages(), 200'000U);
  EXPECT_EQ(pages_of_the_system(), arena_.pages());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(smalls[static_cast<std::size_t>(i)][99], std::byte(0x50 + i));
  }
  // It is used again before the stretch grows.
  const std::size_t end = arena_.backed();
  std::byte* const again = arena_.allocate(kLarge - 10'000);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(arena_.backed(), end);
  EXPECT_EQ(pages_of_the_system(), arena_.pages());
}

TEST_F(ArenaTest, TakesAHoleThatIsMuchTooLargeWhereNothingElseIsLeft) {
  std::byte* const large = arena_.allocate(kCapacity - (std::size_t{1} << 20));
  std::byte* const small = arena_.allocate(100);
  ASSERT_NE(small, nullptr);
  arena_.free(large);
  arena_.trim();
  std::size_t blocks = 0;
  while (arena_.allocate(50'000) != nullptr) ++blocks;
  EXPECT_GT(blocks, 150U);
  EXPECT_EQ(pages_of_the_system(), arena_.pages());
}

TEST_F(ArenaTest, ThatIsReopenedKnowsItsHoles) {
  std::byte* const large = arena_.allocate(2'000'000);
  std::byte* const small = arena_.allocate(100);
  arena_.free(large);
  arena_.trim();
  ASSERT_FALSE(arena_.holes().empty());
  Arena successor(base_, kCapacity, memory_.fd(), 0);
  successor.reopen(arena_.backed(), {arena_.holes().begin(), arena_.holes().end()}, 1);
  EXPECT_EQ(successor.pages(), arena_.pages());
  EXPECT_EQ(successor.in_use(), arena_.in_use());
  successor.free(small);
  successor.trim();
  EXPECT_EQ(pages_of_the_system(), 0U);
}

TEST_F(ArenaTest, GivesBackBeforeItTakesMoreWhereItIsToBeSparing) {
  arena_.set_sparing_at(std::size_t{2} << 20);
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 15; ++i) blocks.push_back(arena_.allocate(100'000));
  for (std::size_t i = 0; i < blocks.size(); i += 2) arena_.free(blocks[i]);
  std::byte* const large = arena_.allocate(1'000'000);
  ASSERT_NE(large, nullptr);
  EXPECT_LE(arena_.pages(), (std::size_t{2} << 20) + 100'000);
  EXPECT_EQ(pages_of_the_system(), arena_.pages());
}

// Else a free would give back what the next block makes it take again.
TEST_F(ArenaTest, TakesNoMoreAheadThanItKeeps) {
  constexpr std::size_t kKept = std::size_t{1} << 20;
  constexpr std::size_t kBlock = 300'000;
  arena_.set_kept(kKept);
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 20; ++i) {
    blocks.push_back(arena_.allocate(kBlock));
    ASSERT_NE(blocks.back(), nullptr);
    EXPECT_LE(arena_.pages(), arena_.in_use() + kKept / 2 + kBlock);
  }
  const std::size_t pages = arena_.pages();
  for (int i = 0; i < 100; ++i) {
    arena_.free(blocks.back());
    EXPECT_EQ(arena_.pages(), pages);
    blocks.back() = arena_.allocate(kBlock);
  }
}

// Also that it never touches a page that it has given back.
TEST_F(ArenaTest, RandomBlocksAreWholeHoweverItIsTrimmed) {
  std::mt19937 random(7);
  std::map<std::byte*, std::pair<std::size_t, int>> blocks;
  std::size_t in_blocks = 0;
  for (int i = 0; i < 6000; ++i) {
    const auto choice = random() % 16;
    if (choice == 0) {
      arena_.trim(random() % 4 != 0 ? 0 : random() % 1'000'000);
    } else if (choice < 8) {
      const std::size_t size = std::size_t{1} << random() % 21;
      std::byte* const block = arena_.allocate(size);
      if (block == nullptr) continue;  // the stretch is full
      const int mark = static_cast<int>(random() % 256);
      std::memset(block, mark, size);
      blocks[block] = {size, mark};
      in_blocks += size;
    } else if (!blocks.empty()) {
      auto it = blocks.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random() % blocks.size()));
      const auto [size, mark] = it->second;
      for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
        ASSERT_EQ(it->first[at], std::byte(mark));
      }
      arena_.free(it->first);
      in_blocks -= size;
      blocks.erase(it);
    }
    ASSERT_EQ(arena_.blocks(), blocks.size());
    ASSERT_GE(arena_.in_use(), in_blocks);
    ASSERT_EQ(pages_of_the_system(), arena_.pages()) << i;
  }
  for (const auto& [block, what] : blocks) arena_.free(block);
  arena_.trim();
  EXPECT_EQ(pages_of_the_system(), 0U);
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

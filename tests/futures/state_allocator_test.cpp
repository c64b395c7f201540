#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/state_allocator.hpp>

#include "lib/common/sanitizers.hpp"

namespace {

using muster::detail::allocate_block;
using muster::detail::block_memory;
using muster::detail::free_block;

TEST(StateAllocator, GivesAlignedBlocksThatDoNotOverlap) {
  for (const std::size_t size : {64U, 128U, 192U, 256U, 320U, 512U}) {
    std::vector<void*> blocks;
    for (int i = 0; i < 5000; ++i) {
      void* block = allocate_block(size);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0U);
      std::memset(block, i % 251, size);
      blocks.push_back(block);
    }
    for (int i = 0; i < 5000; ++i) {
      const auto* bytes = static_cast<const unsigned char*>(blocks[static_cast<std::size_t>(i)]);
      EXPECT_EQ(bytes[0], i % 251);
      EXPECT_EQ(bytes[size - 1], i % 251);
    }
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), blocks.size());
    for (void* block : blocks) free_block(block, size);
  }
}

TEST(StateAllocator, GivesMemoryBackToTheSystem) {
  if constexpr (!muster::detail::kSanitized) {
    constexpr int kBlocks = 3'000'000;
    std::vector<void*> blocks;
    for (int i = 0; i < kBlocks; ++i) blocks.push_back(allocate_block(64));
    EXPECT_GE(block_memory(), 64U * kBlocks);
    for (void* block : blocks) free_block(block, 64);
    // All but what is kept for the next time.
    EXPECT_LE(block_memory(), std::size_t{70} << 20);
  }
}

TEST(StateAllocator, TakesBlocksBackOnAnotherThread) {
  const std::size_t before = block_memory();
  for (int round = 0; round < 20; ++round) {
    std::vector<void*> blocks;
    std::thread maker([&] {
      for (int i = 0; i < 20'000; ++i) blocks.push_back(allocate_block(128));
    });
    maker.join();
    std::thread breaker([&] {
      for (void* block : blocks) free_block(block, 128);
    });
    breaker.join();
  }
  // 20 times as much was made and freed.
  EXPECT_LE(block_memory(), before + (std::size_t{16} << 20));
}

}  // namespace

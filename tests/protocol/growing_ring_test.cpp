// A ring of events that gets its pages as it fills.

#include "lib/segments/growing_ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/segments/geometry.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::EventCount;
using muster::detail::EventEntry;
using muster::detail::GrowingRing;
using muster::detail::kPage;

using Pages = std::vector<std::pair<std::size_t, std::size_t>>;  // offset and size

constexpr std::size_t kOfAPage = kPage / sizeof(EventEntry);

// In place of the kernel.
Pages asked;
std::size_t left_bytes;

bool allocate(int, std::size_t offset, std::size_t size) {
  asked.emplace_back(offset, size);
  if (size > left_bytes) return false;
  left_bytes -= size;
  return true;
}

class GrowingRingTest : public testing::Test {
 protected:
  static constexpr std::size_t kEntries = 4 * kOfAPage;

  GrowingRingTest() : entries_(new EventEntry[kEntries]{}) {
    asked.clear();
    left_bytes = 100 * kPage;
  }

  GrowingRing ring(std::uint64_t at, std::uint64_t step) {
    return {{&count_, {entries_.get(), kEntries}},
            count_.written.load(),
            -1,
            at,
            {.step = step, .allocate = allocate}};
  }
  static void put(GrowingRing& ring, std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) ring.put({});
  }
  std::uint64_t written() const { return count_.written.load(); }

  EventCount count_{};
  std::unique_ptr<EventEntry[]> entries_;
};

TEST_F(GrowingRingTest, AsksForPagesBeforeItWritesThere) {
  GrowingRing ring = this->ring(3 * kPage, kPage);
  EXPECT_EQ(asked, Pages{});
  put(ring, 1);
  EXPECT_EQ(asked, (Pages{{3 * kPage, kPage}}));
  put(ring, kOfAPage - 1);
  EXPECT_EQ(asked.size(), 1U);
  put(ring, 1);
  EXPECT_EQ(asked, (Pages{{3 * kPage, kPage}, {4 * kPage, kPage}}));
}

TEST_F(GrowingRingTest, AsksForNoneOnceItIsFull) {
  GrowingRing ring = this->ring(0, kPage);
  put(ring, 3 * kEntries);
  EXPECT_EQ(asked, (Pages{{0, kPage}, {kPage, kPage}, {2 * kPage, kPage}, {3 * kPage, kPage}}));
  EXPECT_EQ(written(), 3 * kEntries);
}

TEST_F(GrowingRingTest, AsksForNoPageBehindItself) {
  GrowingRing ring = this->ring(0, 3 * kPage);
  put(ring, kEntries);
  EXPECT_EQ(asked, (Pages{{0, 3 * kPage}, {3 * kPage, kPage}}));
}

TEST_F(GrowingRingTest, MayBeginWithinAPage) {
  GrowingRing ring = this->ring(kPage + 2 * sizeof(EventEntry), kPage);
  put(ring, kOfAPage - 2);
  EXPECT_EQ(asked, (Pages{{kPage, kPage}}));
  put(ring, 1);
  EXPECT_EQ(asked, (Pages{{kPage, kPage}, {2 * kPage, kPage}}));
}

TEST_F(GrowingRingTest, EndsWhereThereIsNoMemoryForPages) {
  left_bytes = kPage;
  GrowingRing ring = this->ring(0, kPage);
  put(ring, kEntries);
  EXPECT_EQ(written(), kOfAPage);
  EXPECT_EQ(asked.size(), 2U);  // and never again
}

TEST_F(GrowingRingTest, GoesOnInAPageThatItsPredecessorHadBegun) {
  count_.written = kOfAPage + 5;
  GrowingRing ring = this->ring(0, kPage);
  put(ring, kOfAPage - 5);
  EXPECT_EQ(asked, (Pages{{kPage, kPage}}));
  put(ring, 1);
  EXPECT_EQ(asked, (Pages{{kPage, kPage}, {2 * kPage, kPage}}));
  EXPECT_EQ(written(), 2 * kOfAPage + 1);
}

TEST_F(GrowingRingTest, GoesOnWhereItsPredecessorHadFilledIt) {
  count_.written = kEntries + 5;
  GrowingRing ring = this->ring(0, kPage);
  put(ring, kEntries);
  EXPECT_EQ(asked, Pages{});
}

}  // namespace

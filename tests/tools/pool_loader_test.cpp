// What lib/inspect believes of a pool's header.

#include "lib/inspect/pool_loader.hpp"

#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "lib/client/pool_segments.hpp"
#include "support/watchdog.hpp"
#include "tools/made_memory.hpp"

namespace {

using namespace muster::detail;
using test_support::small_geometry;

using Sizes = std::array<std::uint64_t, kSegments>;

Sizes sizes_of(const Geometry& g) {
  return {g.tasks_bytes(), g.control_bytes(), g.results_bytes(), g.facts_bytes()};
}

std::span<const std::byte, kHeaderStart> start_of(const std::vector<std::byte>& page) {
  return std::span<const std::byte, kHeaderStart>(page.data(), kHeaderStart);
}

LoadError check(const Geometry& stated, const Sizes& sizes) {
  const auto page = test_support::header_bytes(stated);
  PoolConstants constants;
  return check_header(start_of(page), sizes, constants);
}

TEST(HeaderCheck, TakesWhatAPoolWrites) {
  for (const std::size_t workers : {1UL, 2UL, 64UL, 4095UL}) {
    const Geometry g = Geometry::choose(workers);
    const auto page = test_support::header_bytes(g, 4711);
    PoolConstants constants;
    EXPECT_EQ(check_header(start_of(page), sizes_of(g), constants), LoadError::none);
    EXPECT_EQ(constants.geometry, g);
    EXPECT_EQ(constants.client_pid, 4711);
  }
}

TEST(HeaderCheck, RefusesSizesThatAreNotTheFiles) {
  const Geometry g = small_geometry();
  for (std::size_t i = 0; i < kSegments; ++i) {
    for (const std::int64_t off : {-4096, -1, 1, 4096}) {
      Sizes sizes = sizes_of(g);
      sizes[i] += static_cast<std::uint64_t>(off);
      EXPECT_EQ(check(g, sizes), LoadError::corrupt) << i << " " << off;
    }
    Sizes sizes = sizes_of(g);
    sizes[i] = 0;
    EXPECT_EQ(check(g, sizes), LoadError::corrupt) << i;
  }
}

TEST(HeaderCheck, RefusesNumbersThatDoNotFitTheSizes) {
  const Sizes sizes = sizes_of(small_geometry());
  const std::vector<std::uint64_t> numbers{
      0,         1,   3,         63,        65,         128,        4095, 4096,       4097,
      1U << 16U, ~0U, 1U << 17U, 1U << 31U, 1UL << 62U, 1UL << 63U, ~0UL, ~0UL - 4095};
  const std::vector<std::function<void(Geometry&, std::uint64_t)>> fields{
      [](Geometry& g, std::uint64_t n) { g.workers = static_cast<std::uint32_t>(n); },
      [](Geometry& g, std::uint64_t n) { g.ring_cells = static_cast<std::uint32_t>(n); },
      [](Geometry& g, std::uint64_t n) { g.arguments_bytes = n; },
      [](Geometry& g, std::uint64_t n) { g.window_bytes = n; },
      [](Geometry& g, std::uint64_t n) { g.arena_bytes = n; }};
  for (std::size_t f = 0; f < fields.size(); ++f) {
    for (const std::uint64_t number : numbers) {
      Geometry g = small_geometry();
      fields[f](g, number);
      const bool same = g == small_geometry();
      EXPECT_EQ(check(g, sizes), same ? LoadError::none : LoadError::corrupt)
          << "field " << f << " is " << number;
    }
  }
}

TEST(HeaderCheck, RefusesCountsThatAreNotPowersOfTwo) {
  for (const std::uint32_t slots : {0U, 3U, 63U, 65U, 1U << 17U, 1U << 31U, ~0U}) {
    Geometry g = small_geometry();
    g.slots = slots;
    EXPECT_EQ(check(g, sizes_of(g)), LoadError::corrupt) << slots;
  }
  Geometry g = small_geometry();
  g.ring_cells = g.slots;  // a hint a slot is not enough
  EXPECT_EQ(check(g, sizes_of(g)), LoadError::corrupt);
}

TEST(HeaderCheck, NeverAnswersWithWhatDoesNotFit) {
  std::mt19937_64 random(1);
  const auto right = test_support::header_bytes(small_geometry());
  int believed = 0;
  for (int i = 0; i < 200'000; ++i) {
    auto page = right;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      page[random() % kHeaderStart] ^= static_cast<std::byte>(1U << (random() % 8));
    }
    const Sizes sizes = sizes_of(small_geometry());
    PoolConstants constants;
    if (check_header(start_of(page), sizes, constants) != LoadError::none) continue;
    ++believed;
    EXPECT_EQ(sizes_of(constants.geometry), sizes);
    EXPECT_LT(constants.geometry.workers, kMaxOwners);
  }
  EXPECT_GT(believed, 0);  // names and times can be anything
}

TEST(HeaderCheck, RefusesTimesThatCannotBe) {
  for (const std::int64_t ns : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                std::numeric_limits<std::int64_t>::max()}) {
    auto page = test_support::header_bytes(small_geometry());
    std::memcpy(page.data() + offsetof(PoolHeader, created_monotonic_ns), &ns, sizeof(ns));
    PoolConstants constants;
    EXPECT_EQ(check_header(start_of(page), sizes_of(small_geometry()), constants),
              LoadError::corrupt);
  }
}

// The memory of a pool, opened again as the loader does.
std::array<FileDescriptor, kSegments> opened(PoolSegments& segments) {
  auto& given = segments.for_supervisor();
  std::array<FileDescriptor, kSegments> files;
  const std::array<const Memfd*, kSegments> memory{&given.tasks, &given.control, &given.results,
                                                   &given.facts};
  for (std::size_t i = 0; i < kSegments; ++i) {
    const std::string path = "/proc/self/fd/" + std::to_string(memory[i]->fd());
    files[i] = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  return files;
}

TEST(PoolLoader, MapsAPool) {
  PoolSegments segments("loaded", Geometry::choose(3), false);
  segments.tasks().header().submitted.store(17);
  segments.tasks().header().behind.store(5);
  const PoolLoad load = load_segments(opened(segments));
  ASSERT_EQ(load.error, LoadError::none);
  const muster::PoolStats stats = take_snapshot(load.pool->views());
  EXPECT_EQ(stats.submitted, 17U);
  EXPECT_EQ(stats.queued, 5U);
  EXPECT_EQ(stats.workers.size(), 3U);
  EXPECT_EQ(load.pool->constants().client_pid, ::getpid());
}

TEST(PoolLoader, BacksNoMemoryByLooking) {
  PoolSegments segments("looked at", Geometry::choose(3), false);
  segments.allocate();
  // The supervisor reads each record before it makes the worker.
  for (std::uint32_t w = 0; w < 3; ++w) segments.results().window(w).record().arena_floor.load();
  const std::size_t before = segments.backed_bytes();
  const PoolLoad load = load_segments(opened(segments));
  ASSERT_EQ(load.error, LoadError::none);
  take_snapshot(load.pool->views());
  EXPECT_EQ(segments.backed_bytes(), before);
}

TEST(PoolLoader, KnowsAPoolThatIsNotMadeYet) {
  PoolSegments segments("unborn", Geometry::choose(1), false);
  segments.tasks().header().magic = 0;
  EXPECT_EQ(load_segments(opened(segments)).error, LoadError::gone);
}

TEST(PoolLoader, WantsAllSegments) {
  PoolSegments segments("parts", Geometry::choose(1), false);
  for (std::size_t i = 0; i < kSegments; ++i) {
    auto files = opened(segments);
    files[i].reset();
    EXPECT_EQ(load_segments(std::move(files)).error, LoadError::corrupt);
  }
}

TEST(PoolLoader, OpensNothingThatHasBecomeAnotherFile) {
  PoolSegments segments("moved", Geometry::choose(1), false);
  FoundPool found;
  for (auto& place : found.segments) place = SegmentPlace{::getpid(), segments.tasks_fd(), 0, 0};
  EXPECT_EQ(load_pool(found).error, LoadError::gone);
}

}  // namespace

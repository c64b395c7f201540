// Results that do not fit into a slot: where they lie, and that the memory comes back.

#include "worker/result_memory.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <exception>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/segments/memfd.hpp"
#include "lib/segments/views.hpp"
#include "probed_pool.hpp"
#include "support/failure.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::ArenaFloor;
using muster::detail::ChunkRegion;
using muster::detail::Geometry;
using muster::detail::kReturns;
using muster::detail::map_shared;
using muster::detail::Memfd;
using muster::detail::ResultGrowth;
using muster::detail::ResultMemory;
using muster::detail::ResultPart;
using muster::detail::Returns;
using muster::detail::WindowView;

std::vector<int> counted(int n) {
  std::vector<int> v(static_cast<std::size_t>(n));
  std::iota(v.begin(), v.end(), n);
  return v;
}

std::string letters(int n) { return std::string(static_cast<std::size_t>(n), 'm'); }

TEST(ResultMemory, ResultsOfAllSizesComeBackWhole) {
  muster::ProcessPoolExecutor pool({.max_workers = 2});
  std::vector<muster::Future<std::vector<int>>> futures;
  for (int n = 0; n < 3000; ++n) futures.push_back(pool.submit(counted, n));
  for (int n = 0; n < 3000; ++n) {
    ASSERT_EQ(futures[static_cast<std::size_t>(n)].result(), counted(n));
  }
}

TEST(ResultMemory, CollectedResultsGiveTheirMemoryBack) {
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  constexpr int kBytes = 1 << 20;
  for (int i = 0; i < 8; ++i) pool.submit(letters, kBytes).result();
  const std::uint64_t before = pool.stats().shared_memory_bytes;
  for (int i = 0; i < 200; ++i) ASSERT_EQ(pool.submit(letters, kBytes).result().size(), kBytes);
  EXPECT_LE(pool.stats().shared_memory_bytes, before + 4 * kBytes);
}

TEST(ResultMemory, WorkersThatEndInOrderHandTheirMemoryOn) {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  constexpr int kBytes = 1 << 20;
  for (int i = 0; i < 4; ++i) pool.submit(letters, kBytes).result();
  const std::uint64_t before = pool.stats().shared_memory_bytes;
  for (int i = 0; i < 60; ++i) ASSERT_EQ(pool.submit(letters, kBytes).result().size(), kBytes);
  EXPECT_LE(pool.stats().shared_memory_bytes, before + 4 * kBytes);
}

TEST(ResultMemory, ResultsOutliveTheirWorkerAndItsSuccessors) {
  muster::ProcessPoolExecutor pool(
      {.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  std::vector<muster::Future<std::vector<int>>> kept;
  for (int i = 0; i < 5; ++i) {
    kept.push_back(pool.submit(counted, 10'000 + i));
    muster::wait(kept);
    EXPECT_THROW(pool.submit([] { std::raise(SIGKILL); }).result(), muster::WorkerDiedError);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(kept[static_cast<std::size_t>(i)].result(), counted(10'000 + i));
  }
}

// As under `ulimit -f` or `ulimit -v`: a window of a few arenas, and many deaths.
TEST(ResultMemory, WorkersThatDieHandTheirMemoryOnOnceItIsLetGo) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit low{rlim_t{64} << 20, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  muster::ProcessPoolExecutor pool({.max_workers = 1,
                                    .on_worker_death = muster::OnWorkerDeath::replace,
                                    .restart_intensity = {.deaths = 0}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  constexpr int kBytes = 1 << 20;
  muster::Future<std::string> kept;
  for (int death = 0; death < 200; ++death) {
    // A few of its successors have to do with the rest.
    if (death % 20 == 0) {
      kept = pool.submit(letters, kBytes);
      muster::wait(std::vector{kept});
    }
    if (death % 20 == 5) {
      ASSERT_EQ(kept.result(), letters(kBytes));
      kept = {};
    }
    for (int i = 0; i < 2; ++i) ASSERT_EQ(pool.submit(letters, kBytes).result(), letters(kBytes));
    ASSERT_THROW(pool.submit([] { std::raise(SIGKILL); }).result(), muster::WorkerDiedError);
  }
}

TEST(ResultMemory, ResultsOutliveTheirPool) {
  muster::Future<std::vector<int>> kept;
  {
    muster::ProcessPoolExecutor pool({.max_workers = 1});
    kept = pool.submit(counted, 100'000);
  }
  EXPECT_EQ(kept.result(), counted(100'000));
}

TEST(ResultMemory, ItemsOfAChunkThatTheDeadWorkerHadDoneAreKept) {
  muster::ProcessPoolExecutor pool({.max_workers = 2,
                                    .on_worker_death = muster::OnWorkerDeath::replace,
                                    .restart_intensity = {.deaths = 0}});
  std::vector<int> inputs(60);
  std::iota(inputs.begin(), inputs.end(), 0);
  auto results = pool.map(
      muster::MapOptions{.chunksize = 10},
      [](int n) {
        if (n % 10 == 3) std::raise(SIGKILL);
        return std::string(static_cast<std::size_t>(n) * 50, 'x');
      },
      inputs);
  int n = 0;
  for (auto outcome : results.outcomes()) {
    if (n % 10 == 3) {
      EXPECT_THROW(outcome.value(), muster::WorkerDiedError);
    } else {
      EXPECT_EQ(outcome.value().size(), static_cast<std::size_t>(n) * 50);
    }
    ++n;
  }
  EXPECT_EQ(n, 60);
}

// Its memory was written over: looking at what was never there would take up as much.
TEST(ResultMemory, ItemsOfAChunkBeyondAllMemoryThatThePoolHasAreNotLookedFor) {
  constexpr std::size_t kSaid = std::size_t{64} << 20;
  probed::ProbedPool pool;
  auto chunk = pool.map(1);
  pool.encode_item(100);
  const std::uint64_t header = muster::detail::ChunkHeader::pack(
      muster::detail::ChunkRecord::values, 1, kSaid - sizeof(header));
  std::memcpy(pool.arena(), &header, sizeof(header));
  pool.die_behind_one_item(kSaid);
  pool.probe.pump_once();
  EXPECT_LT(pool.probe.stats().shared_memory_bytes, kSaid / 2);
  ASSERT_TRUE(chunk.done());
  auto result = chunk.result();
  std::exception_ptr error;
  EXPECT_EQ(result.find(0, error), nullptr);
  test_support::as<muster::WorkerDiedError>(error);
}

// The kernel may still write there.
TEST(ResultMemory, WhatAWorkerHadThatWasWrittenOffIsNeverHandedOn) {
  for (const bool written_off : {false, true}) {
    probed::ProbedPool pool;
    pool.die_idle(written_off);
    pool.succeed(4096);
    pool.probe.pump_once();
    EXPECT_EQ(pool.given_back(), written_off ? 0U : 1U);
  }
}

TEST(ResultMemory, ChecksummedResultsArrive) {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .checksum_results = true});
  EXPECT_EQ(pool.submit(counted, 5).result(), counted(5));
  EXPECT_EQ(pool.submit(counted, 50'000).result(), counted(50'000));
  EXPECT_EQ(pool.submit([](int n) { return n; }, 3).result(), 3);
}

// Memory for one worker's window with a small arena, as a worker has it.
struct SmallWindow {
  // `floor`: what the predecessor's record says.
  explicit SmallWindow(std::size_t arena_bytes, std::uint64_t floor = 0) {
    geometry.workers = 1;
    geometry.slots = 4;
    geometry.arena_bytes = arena_bytes;
    geometry.window_bytes = geometry.arena_at() + arena_bytes;
    file = Memfd::create("small", geometry.window_bytes);
    region = map_shared(file, boost::interprocess::read_write, 0, geometry.window_bytes);
    window = {static_cast<std::byte*>(region.get_address()), geometry};
    window.record().arena_floor.store(floor);
    succeed();
  }
  // The next worker begins.
  void succeed() { memory.emplace(window, returns, file.fd(), geometry.arena_at()); }
  std::uint64_t hand_over(const std::byte* block) {
    memory->hand_over(block);
    return memory->offset_of(block);
  }
  // As the client does.
  void give_back(std::uint64_t entry) {
    const std::uint64_t written = returns.written.load();
    returns.entries[written % kReturns].store(entry);
    returns.written.store(written + 1);
  }

  Geometry geometry;
  Memfd file;
  boost::interprocess::mapped_region region;
  WindowView window;
  Returns returns{};
  std::optional<ResultMemory> memory;
};

TEST(ResultMemory, RegionOfAChunkCoversWhatWasWrittenAlsoWhereMemoryIsShort) {
  SmallWindow small(128 * 1024);
  ResultPart part;
  std::atomic<std::uint64_t> region{0};
  ResultGrowth growth(*small.memory, part, false, nullptr, &region);
  muster::Encoder out(growth.inline_begin(), growth.inline_begin(), &growth);
  out.expect(std::size_t{1} << 20);  // more than there is
  for (int i = 0; i < 5'000; ++i) {
    out.write(&i, sizeof(i));
    ASSERT_LE(out.size(), ChunkRegion::size(region.load())) << i;
  }
}

TEST(ResultMemory, BeginsInItsWindowWhateverThePredecessorsRecordSays) {
  constexpr std::size_t kArena = 128 * 1024;
  for (const std::uint64_t floor :
       {std::uint64_t{1}, std::uint64_t{4095}, std::uint64_t{4097}, std::uint64_t{kArena - 1},
        std::uint64_t{kArena}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    SmallWindow small(kArena, floor);
    std::byte* const block = small.memory->allocate(1000);
    if (floor >= kArena - 1) {
      EXPECT_EQ(block, nullptr) << floor;
      continue;
    }
    ASSERT_NE(block, nullptr) << floor;
    EXPECT_GE(small.memory->offset_of(block), floor);
    EXPECT_LE(small.memory->offset_of(block) + 1000, kArena);
    EXPECT_EQ(small.memory->offset_of(block) % 64, 0U);
  }
}

TEST(ResultMemory, BeginsAnewOnceNobodyHoldsAnythingOfItsOwnOrBelow) {
  constexpr std::uint64_t kFloor = 256 * 1024;
  SmallWindow small(2 * kFloor, kFloor);
  const auto take = [&] { return small.hand_over(small.memory->allocate(1000)); };
  const std::uint64_t first = take();
  EXPECT_GE(first, kFloor);
  small.give_back(first);
  // Of a predecessor's floor, and of one in another lap.
  small.give_back((kFloor / 2) | Returns::kAllBelow);
  small.give_back(ArenaFloor::next_lap(0) | kFloor | Returns::kAllBelow);
  const std::uint64_t second = take();
  EXPECT_GE(second, kFloor);
  small.give_back(kFloor | Returns::kAllBelow);
  const std::uint64_t third = take();
  EXPECT_GE(third, kFloor);
  EXPECT_EQ(ArenaFloor::offset(small.window.record().next_floor()),
            kFloor + small.window.record().arena_backed.load());
  small.give_back(second);
  small.give_back(third);
  EXPECT_LT(take(), kFloor);
  EXPECT_EQ(small.window.record().arena_floor.load(), ArenaFloor::next_lap(kFloor));
  // All of the window is its own now.
  EXPECT_NE(small.memory->allocate(kFloor + kFloor / 2), nullptr);
}

// It died when its arena had grown, and before its record said so.
TEST(ResultMemory, SuccessorFreesPagesOfWhichThePredecessorsRecordDoesNotTell) {
  constexpr std::size_t kBytes = 256 * 1024;
  SmallWindow small(4 * kBytes);
  const auto pages = [&] {
    struct stat status {};
    EXPECT_EQ(::fstat(small.file.fd(), &status), 0);
    return static_cast<std::size_t>(status.st_blocks) * 512;
  };
  ASSERT_NE(small.memory->allocate(kBytes), nullptr);
  EXPECT_GE(pages(), kBytes);
  small.window.record().arena_backed.store(0);
  small.succeed();
  EXPECT_LT(pages(), kBytes / 2);
  EXPECT_NE(small.memory->allocate(kBytes), nullptr);
}

// What another worker wrote into a slot comes back by way of the client.
TEST(ResultMemory, TakesBackOnlyWhatItHasHandedOver) {
  SmallWindow small(128 * 1024);
  std::byte* const handed_over = small.memory->allocate(100);
  std::byte* const kept = small.memory->allocate(100);
  ASSERT_NE(kept, nullptr);
  const std::uint64_t its = small.hand_over(handed_over);
  const std::uint64_t odd[] = {small.memory->offset_of(kept), its + 8, small.geometry.arena_bytes,
                               std::uint64_t{1} << 40, ~std::uint64_t{0} & ~Returns::kAllBelow};
  for (const std::uint64_t offset : odd) small.give_back(offset);
  small.memory->collect_returns();
  EXPECT_EQ(small.window.record().returned.load(), std::size(odd));
  std::byte* const third = small.memory->allocate(100);
  EXPECT_NE(third, kept);
  EXPECT_NE(third, handed_over);
  small.memory->count();
  const std::uint64_t in_use = small.window.record().arena_in_use.load();
  small.give_back(its);
  small.memory->collect_returns();
  EXPECT_LT(small.window.record().arena_in_use.load(), in_use);
}

// As where a task has written over the allocator's own words, and it takes for free what is not.
TEST(ResultMemory, WorkerEndsRatherThanFillABlockOverTheOneThatItFills) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    muster::set_log_handler([](muster::LogLevel, std::string_view) {});
    SmallWindow small(128 * 1024);
    ResultPart part;
    std::atomic<std::uint64_t> region{0};
    ResultGrowth growth(*small.memory, part, false, nullptr, &region);
    muster::Encoder out(growth.inline_begin(), growth.inline_begin(), &growth);
    std::array<char, 1000> bytes{};
    out.write(bytes.data(), bytes.size());
    small.memory->free(small.window.arena() + ChunkRegion::offset(region.load()));
    for (int i = 0; i < 3; ++i) out.write(bytes.data(), bytes.size());
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), muster::detail::kArenaGone);
}

// Its record is written over by a task, and it must not free a block twice for that.
TEST(ResultMemory, ReadsWhatComesBackOnceWhateverItsRecordSays) {
  SmallWindow small(128 * 1024);
  std::byte* const block = small.memory->allocate(100);
  ASSERT_NE(block, nullptr);
  small.give_back(small.hand_over(block));
  small.memory->collect_returns();
  ASSERT_EQ(small.memory->allocate(100), block);
  small.memory->hand_over(block);
  small.window.record().returned.store(0);
  EXPECT_NE(small.memory->allocate(100), block);
  EXPECT_EQ(small.window.record().returned.load(), 1U);  // the client is told anew
}

TEST(ResultMemory, SuccessorOfOneThatLeavesTakesBackWhatThatHandedOver) {
  SmallWindow small(128 * 1024);
  std::vector<std::uint64_t> held;
  for (int i = 0; i < 20; ++i) held.push_back(small.hand_over(small.memory->allocate(1000)));
  small.give_back(held.back());
  held.pop_back();
  small.memory->leave();
  small.succeed();
  EXPECT_EQ(small.memory->set_aside(), 0U);
  const std::uint64_t next = small.hand_over(small.memory->allocate(1000));
  EXPECT_EQ(std::ranges::count(held, next), 0);
  small.memory->count();
  const std::uint64_t in_use = small.window.record().arena_in_use.load();
  for (const std::uint64_t offset : held) small.give_back(offset);
  small.memory->collect_returns();
  EXPECT_LT(small.window.record().arena_in_use.load() + 19 * 1000, in_use);
  // Once.
  for (const std::uint64_t offset : held) small.give_back(offset);
  small.memory->collect_returns();
  EXPECT_NE(small.memory->allocate(1000), small.memory->allocate(1000));
}

// Its size stands in the page before it.
std::byte* allocate_at_a_page(ResultMemory& memory, std::size_t size) {
  for (std::size_t filler = 64;; filler = 192 - filler) {
    std::byte* const block = memory.allocate(size);
    if (memory.offset_of(block) % muster::detail::kPage == 0) return block;
    memory.free(block);
    memory.allocate(filler);
  }
}

// Without a successor nobody takes back what the client returns later.
TEST(ResultMemory, AtThePoolsEndKeepsNoMoreThanTheClientHolds) {
  constexpr std::size_t kSize = 1'000'000;
  SmallWindow small(std::size_t{16} << 20);
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 7; ++i) {
    blocks.push_back(i == 5 ? allocate_at_a_page(*small.memory, kSize)
                            : small.memory->allocate(kSize));
    std::memset(blocks.back(), i, kSize);
    small.hand_over(blocks.back());
  }
  for (const int i : {0, 2, 3, 6}) small.give_back(small.memory->offset_of(blocks[i]));
  small.memory->end();
  struct stat status {};
  ASSERT_EQ(::fstat(small.file.fd(), &status), 0);
  EXPECT_LE(static_cast<std::size_t>(status.st_blocks) * 512, 3 * kSize + 64 * 1024);
  for (const int i : {1, 4, 5}) {
    EXPECT_EQ(std::count(blocks[i], blocks[i] + kSize, std::byte(i)), kSize);
  }
}

// Of the list a task can write over any word, and where it lies.
TEST(ResultMemory, BeginsBehindAPredecessorWhoseListIsNone) {
  constexpr std::size_t kArena = 1024 * 1024;
  const auto refuses = [](auto&& write_over) {
    SmallWindow small(kArena);
    const std::uint64_t held = small.hand_over(small.memory->allocate(1000));
    small.memory->leave();
    const std::uint64_t end = small.window.record().arena_backed.load();
    write_over(small, held);
    small.succeed();
    EXPECT_EQ(small.memory->set_aside(), end);
    EXPECT_NE(small.memory->allocate(1000), nullptr);
  };
  for (const std::uint64_t list :
       {std::uint64_t{2}, std::uint64_t{1} << 40, ~std::uint64_t{0}, std::uint64_t{kArena}}) {
    refuses(
        [&](SmallWindow& small, std::uint64_t) { small.window.record().arena_left.store(list); });
  }
  refuses([](SmallWindow& small, std::uint64_t held) {
    std::memset(small.window.arena() + held, 0, 1000);
    small.window.record().arena_left.store(held + 1);
  });
  for (const std::size_t word : {0U, 1U, 2U}) {
    for (const std::uint64_t odd : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}}) {
      refuses([&](SmallWindow& small, std::uint64_t) {
        const std::uint64_t list = small.window.record().arena_left.load() - 1;
        std::memcpy(small.window.arena() + list + word * sizeof(odd), &odd, sizeof(odd));
      });
    }
  }
}

// As where a task has written over the allocator's own words.
TEST(ResultMemory, WorkerEndsRatherThanGiveOutWhatTheClientHolds) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    muster::set_log_handler([](muster::LogLevel, std::string_view) {});
    SmallWindow small(128 * 1024);
    std::byte* const held = small.memory->allocate(1000);
    small.hand_over(held);
    small.memory->free(held);
    for (int i = 0; i < 3; ++i) small.memory->allocate(1000);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), muster::detail::kArenaGone);
}

// A difference of 2^63 is not counted through.
TEST(ResultMemory, GoesOnWhereThePredecessorsCountIsGone) {
  SmallWindow small(128 * 1024);
  small.window.record().returned.store(std::uint64_t{1} << 63);
  small.succeed();
  small.memory->collect_returns();
  EXPECT_EQ(small.window.record().returned.load(), 0U);
}

}  // namespace

// What the client does of itself with a task asks for memory now and then. Whichever of these
// requests fails, no future is left behind. With nobody on the other side: what a worker leaves is
// written by the tests.

#include <sys/types.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/map_travel.hpp>
#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "lib/common/checksum.hpp"
#include "lib/futures/spin.hpp"
#include "scarce_memory.hpp"
#include "support/failure.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::ChunkRegion;
using muster::detail::ChunkResult;
using muster::detail::ChunkWriter;
using muster::detail::CoreProbe;
using muster::detail::DeathRecord;
using muster::detail::Hint;
using muster::detail::Message;
using muster::detail::MessageKind;
using muster::detail::ResultPart;
using muster::detail::SlotLine;
using muster::detail::SlotStatus;
using muster::detail::SlotWord;
using muster::detail::TravelBackend;
using muster::detail::WorkerPhase;

// A result of this size is one for which the client looks at what memory is left.
constexpr std::size_t kLarge = std::size_t{2} << 20;

std::string letters(std::size_t n) { return std::string(n, 'm'); }
std::string line(int n) { return letters(n == 0 ? kLarge : 100); }
std::size_t length(const std::string& text) { return text.size(); }

// A pool of one worker.
class Pool {
 public:
  explicit Pool(bool checksums = false, CoreProbe::Room room = {})
      : probe({.max_workers = 1,
               .on_worker_death = muster::OnWorkerDeath::replace,
               .checksum_results = checksums},
              room),
        checksums_(checksums) {}

  template <class F, class... Args>
  auto submit(F fn, Args... args) {
    static_cast<void>(muster::detail::may_spin());  // once a process, and not a task's
    return *muster::detail::TravelPath::submit({.threads = nullptr, .travel = &probe.backend()},
                                               nullptr, true, fn, args...);
  }
  // One chunk of so many items.
  muster::Future<ChunkResult<std::string>> map(int items) {
    std::vector<std::tuple<int>> given(static_cast<std::size_t>(items));
    const auto borrowed = std::shared_ptr<TravelBackend>(std::shared_ptr<void>(), &probe.backend());
    muster::detail::TravelTarget<std::string (*)(int), std::tuple<int>> target(borrowed, {}, &line);
    muster::Future<ChunkResult<std::string>> future;
    target.submit(given, 0, future);
    return future;
  }

  void worker_takes_nothing() {
    probe.views().facts.worker(0).pid.store(static_cast<std::uint32_t>(::getpid()));
    probe.views().results.window(0).record().phase.store(WorkerPhase::ready);
  }

  // Of the only task.
  std::uint32_t slot() const {
    std::uint32_t slot = 0;
    while (!probe.tag(slot)) ++slot;
    return slot;
  }
  SlotLine& slot_line() { return probe.views().control.slot_lines()[slot()]; }
  void set(SlotStatus status) {
    slot_line().word.store(SlotWord(status, 0, *probe.tag(slot())).bits());
  }
  std::byte* arena() { return probe.views().results.window(0).arena(); }

  // As the worker leaves a result at the arena's beginning.
  void leave(std::size_t size) {
    ResultPart& part = slot_line().result;
    part.inline_size = ResultPart::kInArena;
    part.where.size = size;
    part.where.offset = 0;
    part.where.ran_ticks = 0;
    const SlotWord end(SlotStatus::done, 0, *probe.tag(slot()));
    if (checksums_) part.checksum = muster::detail::checksum({end.bits()}, arena(), size);
    slot_line().word.store(end.bits());
  }
  // As one whose memory was written over.
  void leave_outside() {
    leave(1);
    slot_line().result.where.offset = probe.geometry().arena_bytes;
  }
  std::size_t encode(const std::string& text) {
    muster::Encoder out(arena(), arena() + 2 * kLarge);
    out.write(text);
    return out.size();
  }
  // The first item of a chunk, which the other ones may follow.
  std::size_t encode_item(std::size_t size) {
    muster::Encoder out(arena(), arena() + 2 * kLarge);
    ChunkWriter writer(out, nullptr);
    writer.begin_value();
    out.write(letters(size));
    writer.commit_value();
    return out.size();
  }
  // It died in the item behind the one that it had done.
  void die_in_second_item(std::size_t bytes) {
    auto& facts = probe.views().facts.facts();
    const std::uint64_t number = facts.deaths.load() + 1;
    DeathRecord& death = facts.death[number - 1];
    death.pid = 4711;
    death.exit_code = -1;
    death.term_signal = 9;
    death.task = Hint(slot(), *probe.tag(slot())).bits() + 1;
    death.chunk_region = ChunkRegion::pack(0, bytes / 64 * 64 + 64);
    death.chunk_items = 1;
    set(SlotStatus::died);
    death.number.store(number);
    facts.deaths.store(number);
    Message message;
    message.kind = MessageKind::death;
    message.number = number;
    probe.say(message, false);
  }
  // Entries in the worker's ring of returns.
  std::uint64_t given_back() { return probe.views().tasks.returns(0).written.load(); }

  CoreProbe probe;

 private:
  const bool checksums_;
};

// Has step() taken as often as it makes requests for memory, one of which fails each time; each
// time in a pool of its own that was prepared for it.
template <class Prepare, class Step, class Check>
void at_each_request(Prepare prepare, Step step, Check check) {
  for (int n = 0;; ++n) {
    SCOPED_TRACE("request " + std::to_string(n));
    auto given = prepare();
    bool failed = false;
    {
      const scarce::OneRequestFails fails(n);
      try {
        step(*given);
      } catch (const std::bad_alloc&) {
        // The program is told. It asks again, or it does not.
      }
      failed = fails.happened();
    }
    check(*given);
    if (!failed) break;
    ASSERT_LT(n, 1000);
  }
}

template <class T>
struct Asked {
  explicit Asked(bool checksums = false) : pool(checksums) {}
  Pool pool;
  muster::Future<T> future;
};

void look(const Asked<std::string>& asked) { static_cast<void>(asked.future.done()); }

template <class T>
void expect_ended(Asked<T>& asked) {
  EXPECT_TRUE(asked.future.done());
  EXPECT_EQ(asked.pool.probe.unfinished(), 0U);
  EXPECT_EQ(asked.pool.probe.corrupted(), "");
}

TEST(EachRequest, ALargeResultIsTakenInOrFails) {
  for (const bool checksums : {false, true}) {
    at_each_request(
        [&] {
          auto asked = std::make_unique<Asked<std::string>>(checksums);
          asked->future = asked->pool.submit(letters, kLarge);
          asked->pool.leave(asked->pool.encode(letters(kLarge)));
          return asked;
        },
        look,
        [](Asked<std::string>& asked) {
          expect_ended(asked);
          if (asked.future.exception() == nullptr) {
            EXPECT_EQ(asked.future.result().size(), kLarge);
          } else {
            test_support::failure_of<muster::EncodingError>(asked.future);
          }
        });
  }
}

// So much lies in the workers' memory already that it is copied.
TEST(EachRequest, ALargeResultIsCopiedOrFails) {
  constexpr std::size_t kBound = std::size_t{256} << 20;
  struct Kept : Asked<std::string> {
    std::vector<muster::Future<std::string>> before;
  };
  at_each_request(
      [&] {
        auto asked = std::make_unique<Kept>();
        const std::size_t size = asked->pool.encode(letters(kLarge));
        for (std::size_t kept = 0; kept <= kBound; kept += kLarge) {
          if (kept != 0) asked->before.push_back(asked->future);
          asked->future = asked->pool.submit(letters, kLarge);
          asked->pool.leave(size);
          // The last one is left to the step.
          if (kept != kBound) look(*asked);
        }
        return asked;
      },
      [](Kept& asked) { look(asked); },
      [](Kept& asked) {
        expect_ended(asked);
        if (asked.future.exception() == nullptr) {
          EXPECT_EQ(asked.future.result().size(), kLarge);
        } else {
          test_support::failure_of<muster::EncodingError>(asked.future);
        }
      });
}

TEST(EachRequest, AResultThatLiesOutsideOfItsMemoryFails) {
  at_each_request(
      [] {
        auto asked = std::make_unique<Asked<std::string>>();
        asked->future = asked->pool.submit(letters, kLarge);
        asked->pool.leave_outside();
        return asked;
      },
      look,
      [](Asked<std::string>& asked) {
        expect_ended(asked);
        test_support::failure_of<muster::EncodingError>(asked.future);
      });
}

TEST(EachRequest, AWordThatCannotBeGivesThePoolUp) {
  at_each_request(
      [] {
        auto asked = std::make_unique<Asked<std::string>>();
        asked->future = asked->pool.submit(letters, kLarge);
        asked->pool.set(SlotStatus::free);
        return asked;
      },
      look,
      [](Asked<std::string>& asked) {
        EXPECT_NE(asked.pool.probe.corrupted(), "");
        asked.pool.probe.end();
        test_support::failure_of<muster::BrokenProcessPool>(asked.future);
      });
}

TEST(EachRequest, TheItemsOfSeveralRunsArePutTogetherOrTheChunkFails) {
  at_each_request(
      [] {
        auto asked = std::make_unique<Asked<ChunkResult<std::string>>>();
        asked->future = asked->pool.map(3);
        asked->pool.die_in_second_item(asked->pool.encode_item(kLarge));
        asked->pool.probe.pump_once();
        asked->pool.leave(asked->pool.encode_item(kLarge));
        EXPECT_EQ(asked->pool.given_back(), 0U);
        return asked;
      },
      [](Asked<ChunkResult<std::string>>& asked) { static_cast<void>(asked.future.done()); },
      [](Asked<ChunkResult<std::string>>& asked) {
        expect_ended(asked);
        EXPECT_EQ(asked.pool.given_back(), 1U);
      });
}

TEST(EachRequest, AChunkWhoseLastItemKilledItsWorkerEnds) {
  at_each_request(
      [] {
        auto asked = std::make_unique<Asked<ChunkResult<std::string>>>();
        asked->future = asked->pool.map(2);
        asked->pool.die_in_second_item(asked->pool.encode_item(kLarge));
        return asked;
      },
      [](Asked<ChunkResult<std::string>>& asked) { asked.pool.probe.pump_once_or_give_up(); },
      expect_ended<ChunkResult<std::string>>);
}

// Without memory for one step the pump ends the pool, and needs none for that.
TEST(EachRequest, APoolThatIsGivenUpForLackOfMemoryFailsWhatItHolds) {
  scarce::this_is_the_test();
  using Leave = void (*)(Pool&);
  const Leave leaves[] = {
      [](Pool& pool) { pool.leave(pool.encode(letters(kLarge))); },
      [](Pool& pool) { pool.leave_outside(); },
      [](Pool& pool) { pool.set(SlotStatus::free); },
      [](Pool&) {},
  };
  for (const Leave leave : leaves) {
    Asked<std::string> asked(true);
    asked.future = asked.pool.submit(letters, kLarge);
    leave(asked.pool);
    {
      const scarce::MemoryIsLacking lacking(scarce::For::the_pools_threads);
      asked.pool.probe.give_up();
    }
    EXPECT_TRUE(asked.future.done());
    EXPECT_NE(asked.future.exception(), nullptr);
    EXPECT_EQ(asked.pool.probe.unfinished(), 0U);
  }
}

struct Waits {
  Waits() : pool(false, {.few_slots = true, .few_arguments = true}) {}
  Pool pool;
  std::optional<muster::Future<std::size_t>> future;
};

TEST(EachRequest, ArgumentsThatNeverFitFailTheirFutureOrAreNotTaken) {
  at_each_request([] { return std::make_unique<Waits>(); },
                  [](Waits& waits) {
                    waits.future = waits.pool.submit(length, letters(kLarge));
                    waits.pool.probe.pump_once_or_give_up();
                  },
                  [](Waits& waits) {
                    EXPECT_EQ(waits.pool.probe.unfinished(), 0U);
                    if (!waits.future) return;
                    EXPECT_TRUE(waits.future->done());
                    test_support::failure_of<muster::EncodingError>(*waits.future);
                  });
}

// The end of a pool waits for its tasks, and looks around meanwhile. What it is refused for that
// is where this one ends.
TEST(EachRequest, TheEndOfAPoolIsWaitedForWithoutMemory) {
  scarce::this_is_the_test();
  Asked<int> asked;
  asked.future = asked.pool.submit([] { return 7; });
  asked.pool.worker_takes_nothing();
  SlotLine& slot_line = asked.pool.slot_line();
  const SlotWord done(SlotStatus::done, 0, *asked.pool.probe.tag(asked.pool.slot()));
  {
    const scarce::Refused refused([&] {
      const int result = 7;
      slot_line.result.inline_size = sizeof(result);
      std::memcpy(slot_line.result.bytes, &result, sizeof(result));
      slot_line.word.store(done.bits());
    });
    const scarce::MemoryIsLacking lacking(scarce::For::the_pools_threads);
    asked.pool.probe.drain();
  }
  EXPECT_EQ(asked.future.result(), 7);
}

// As an audit finds it; each look is taken again after the one that failed.
TEST(EachRequest, TasksThatNobodyTakesAreFound) {
  constexpr int kManyLooks = 60;
  at_each_request(
      [] {
        auto asked = std::make_unique<Asked<std::string>>();
        asked->future = asked->pool.submit(letters, kLarge);
        asked->pool.worker_takes_nothing();
        return asked;
      },
      [](Asked<std::string>& asked) {
        for (int i = 0; i < kManyLooks; ++i) {
          ::usleep(1000);
          asked.pool.probe.audit();
        }
      },
      [](Asked<std::string>& asked) {
        for (int i = 0; i < kManyLooks && asked.pool.probe.corrupted().empty(); ++i) {
          ::usleep(1000);
          asked.pool.probe.audit();
        }
        EXPECT_EQ(asked.pool.probe.corrupted(), "tasks wait, and none of the workers takes one");
        asked.pool.probe.end();
        test_support::failure_of<muster::BrokenProcessPool>(asked.future);
      });
}

}  // namespace

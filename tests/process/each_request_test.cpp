// What the client does of itself with a task asks for memory now and then. Whichever of these
// requests fails, no future is left behind. With nobody on the other side: what a worker leaves is
// written by the tests.

#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/future_access.hpp>

#include "probed_pool.hpp"
#include "scarce_memory.hpp"
#include "support/failure.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::ChunkResult;
using muster::detail::SlotLine;
using muster::detail::SlotStatus;
using muster::detail::SlotWord;
using probed::kLarge;
using probed::letters;
using probed::ProbedPool;

std::size_t length(const std::string& text) { return text.size(); }
int same(int n) { return n; }

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
  ProbedPool pool;
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
        asked->pool.die_behind_one_item(asked->pool.encode_item(kLarge));
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
        asked->pool.die_behind_one_item(asked->pool.encode_item(kLarge));
        return asked;
      },
      [](Asked<ChunkResult<std::string>>& asked) { asked.pool.probe.pump_once_or_give_up(); },
      expect_ended<ChunkResult<std::string>>);
}

// Without memory for one step the pump ends the pool, and needs none for that.
TEST(EachRequest, APoolThatIsGivenUpForLackOfMemoryFailsWhatItHolds) {
  scarce::this_is_the_test();
  using Leave = void (*)(ProbedPool&);
  const Leave leaves[] = {
      [](ProbedPool& pool) { pool.leave(pool.encode(letters(kLarge))); },
      [](ProbedPool& pool) { pool.leave_outside(); },
      [](ProbedPool& pool) { pool.set(SlotStatus::free); },
      [](ProbedPool&) {},
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
  ProbedPool pool;
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

// The first submit of a function looks for its name, and the next one where that had no memory.
TEST(EachRequest, AFunctionIsNamedByItsTypeUntilThereIsMemoryToLookItUp) {
  const std::string function = "(anonymous namespace)::same(int)";
  const std::string type = "int (*)(int)";
  const auto name_of = [](const muster::Future<int>& future) {
    return muster::detail::FutureAccess::state(future)->name();
  };
  int by_type = 0;
  at_each_request([] { return std::make_unique<Asked<int>>(); },
                  [](Asked<int>& asked) { asked.future = asked.pool.submit(same, 1); },
                  [&](Asked<int>& asked) {
                    const auto again = asked.pool.submit(same, 2);
                    const bool taken = asked.pool.probe.unfinished() == 2;
                    if (taken) {
                      const std::string name = name_of(asked.future);
                      EXPECT_TRUE(name == function || name == type) << name;
                      by_type += name == type;
                    } else {
                      EXPECT_EQ(asked.pool.probe.unfinished(), 1U);
                    }
                    EXPECT_EQ(name_of(again), function);
                  });
  EXPECT_GT(by_type, 0);
}

}  // namespace

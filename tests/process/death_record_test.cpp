// What is written down of a death, and told.

#include "lib/supervisor/death_record.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "lib/common/ticks.hpp"
#include "lib/inspect/death_text.hpp"
#include "support/proc.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace muster::detail;

// A worker that crashed in a task; many ticks later its core is written and it is reaped.
class Crashed : public testing::Test {
 protected:
  static constexpr std::uint64_t kTask = 5;
  static constexpr std::uint64_t kRan = 1000;

  Crashed() {
    record->current.store(kTask);
    record->started_ticks.store(ticks_now() - 1'000'000'000);
    record->crash.at_ticks = record->started_ticks.load() + kRan;
    record->crash.signal.store(11);
  }
  std::uint64_t ran_for_ticks() {
    fill_death(*death, {.term_signal = 11}, 0, 7, 1, kTask, record.get());
    return death->ran_for_ticks;
  }

  std::unique_ptr<WorkerRecord> record = std::make_unique<WorkerRecord>();
  std::unique_ptr<DeathRecord> death = std::make_unique<DeathRecord>();
};

TEST_F(Crashed, RanUntilItCrashed) { EXPECT_EQ(ran_for_ticks(), kRan); }

TEST_F(Crashed, IsNotBelievedThatItCrashedBeforeItBegan) {
  record->crash.at_ticks = record->started_ticks.load() - 1;
  EXPECT_GE(ran_for_ticks(), 1'000'000'000);
}

TEST_F(Crashed, IsNotBelievedThatItCrashesLater) {
  record->crash.at_ticks = ~std::uint64_t{0};
  EXPECT_GE(ran_for_ticks(), 1'000'000'000);
  const std::uint64_t told = ran_for_ticks();
  EXPECT_LE(told, ticks_now() - record->started_ticks.load());
}

TEST_F(Crashed, RanUntilItIsReapedWhereNoHandlerSawIt) {
  record->crash.signal.store(0);
  EXPECT_GE(ran_for_ticks(), 1'000'000'000);
}

TEST_F(Crashed, TellsOfTheItemsThatItsTimeIsOfToo) {
  record->chunk_region.store(ChunkRegion::pack(64, 64));
  record->chunk_items.store(3);
  ran_for_ticks();
  const std::string text = describe_death(read_death(*death, "resize", 1.2), 1, 1);
  EXPECT_NE(text.find("for 1.2 s with the 3 items before it"), std::string::npos) << text;
}

// A child that ends as it is told.
template <class End>
pid_t child(End end) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    end();
    ::_exit(0);
  }
  return pid;
}

constexpr std::size_t kHeld = std::size_t{64} << 20;

void hold_memory() {
  void* const place = ::mmap(nullptr, kHeld, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  ::munmap(place, kHeld);
}

ExitFacts reap_at_its_end(pid_t pid) {
  test_support::wait_for_end(pid);
  return reap_ended(pid).value();
}

TEST(Reap, TellsTheMostMemoryThatWasHeldAtATime) {
  const ExitFacts small = reap_at_its_end(child([] {}));
  const ExitFacts large = reap_at_its_end(child(hold_memory));
  EXPECT_GT(small.max_rss_bytes, 0);
  // What this process holds by now, its children begin with.
  EXPECT_GT(large.max_rss_bytes, small.max_rss_bytes + kHeld / 2);
  EXPECT_LT(large.max_rss_bytes, small.max_rss_bytes + 2 * kHeld);
}

TEST(Reap, TellsOfACoreDumpAsTheKernelDoes) {
  for (const rlim_t limit : {rlim_t{0}, RLIM_INFINITY}) {
    const pid_t pid = child([limit] {
      const rlimit cores{limit, RLIM_INFINITY};
      ::setrlimit(RLIMIT_CORE, &cores);
      // Where the kernel writes a file, it is one that goes at once.
      char folder[] = "/tmp/muster-core-XXXXXX";
      if (::mkdtemp(folder) == nullptr || ::chdir(folder) != 0 || ::rmdir(folder) != 0) ::_exit(1);
      std::signal(SIGQUIT, SIG_DFL);
      ::raise(SIGQUIT);
    });
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    const ExitFacts facts = reap_at_its_end(pid);
    EXPECT_EQ(facts.term_signal, SIGQUIT);
    EXPECT_EQ(facts.core_dumped, info.si_code == CLD_DUMPED);
  }
}

class Told : public testing::Test {
 protected:
  static constexpr std::uint64_t kHeldAtMost = (std::uint64_t{3} << 20) + (1 << 19);

  DeathFacts facts_of(const ExitFacts& exit, bool out_of_memory = false) {
    fill_death(*death, exit, 0, 7, 1, 0, nullptr);
    death->out_of_memory = out_of_memory ? 1 : 0;
    return read_death(*death, "", 0);
  }
  std::unique_ptr<DeathRecord> death = std::make_unique<DeathRecord>();
};

TEST_F(Told, IsWhetherACoreWasDumped) {
  const DeathFacts dumped = facts_of({.term_signal = 6, .core_dumped = true});
  EXPECT_TRUE(dumped.death.core_dumped);
  EXPECT_EQ(dumped.cause, "was killed by SIGABRT (core dumped)");
  const DeathFacts not_dumped = facts_of({.term_signal = 6});
  EXPECT_FALSE(not_dumped.death.core_dumped);
  EXPECT_EQ(not_dumped.cause, "was killed by SIGABRT");
}

TEST_F(Told, IsTheMemoryThatItHeldAndBesideALackOfItInWords) {
  const DeathFacts killed = facts_of({.term_signal = 9, .max_rss_bytes = kHeldAtMost});
  EXPECT_EQ(killed.death.max_rss_bytes, kHeldAtMost);
  EXPECT_EQ(killed.cause, "was killed by SIGKILL");
  EXPECT_EQ(facts_of({.term_signal = 9, .max_rss_bytes = kHeldAtMost}, true).cause,
            "was killed by SIGKILL (probably killed for lack of memory, it held 3.5 MiB at most)");
}

TEST_F(Told, IsNothingOfMemoryWhereNobodyKnows) {
  EXPECT_EQ(facts_of({.written_off = true}).death.max_rss_bytes, std::nullopt);
  EXPECT_EQ(facts_of({.term_signal = 9}, true).cause,
            "was killed by SIGKILL (probably killed for lack of memory)");
}

// The sentence about a death with so many tasks that it had claimed and not begun.
std::string sentence(std::uint32_t requeued, Requeued fate = Requeued::go_on) {
  DeathFacts facts;
  facts.death.worker_index = 3;
  facts.death.worker_pid = 4711;
  facts.death.task_name = "resize";
  facts.cause = "was killed by SIGSEGV at address 0x10";
  facts.ran_task = true;
  facts.task_id = 9182;
  facts.ran_for_seconds = 1.2;
  facts.requeued = requeued;
  return describe_death(facts, 1, 3, fate);
}

TEST(Sentence, TellsHowManyClaimedTasksWentBack) {
  const std::string death =
      "worker 3 (pid 4711) was killed by SIGSEGV at address 0x10 while running \"resize\" (task "
      "9182, attempt 1 of 3) for 1.2 s";
  EXPECT_EQ(sentence(0), death);
  EXPECT_EQ(sentence(1), death + "; 1 task it had claimed went back to the queue");
  EXPECT_EQ(sentence(2), death + "; 2 tasks it had claimed went back to the queue");
}

TEST(Sentence, SaysOfClaimedTasksOfABrokenPoolThatTheyHadNotBegun) {
  EXPECT_NE(sentence(1, Requeued::fail_with_the_pool).find("; 1 task it had claimed had not begun"),
            std::string::npos);
  EXPECT_NE(
      sentence(2, Requeued::fail_with_the_pool).find("; 2 tasks it had claimed had not begun"),
      std::string::npos);
}

}  // namespace

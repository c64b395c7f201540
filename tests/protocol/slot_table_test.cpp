#include "lib/slots/slot_table.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/thread_state.hpp"
#include "support/watchdog.hpp"

namespace muster::detail {
namespace {

class SlotTableTest : public testing::Test {
 protected:
  std::array<SlotLine, 4> lines_{};
  SlotTable<> slots_{lines_};
  const TaskTag tag_ = TaskTag::first_attempt(7);
};

TEST_F(SlotTableTest, WordKeepsStatusOwnerAndTagApart) {
  const SlotWord word(SlotStatus::killing, kMaxOwners - 1, TaskTag(TaskTag::kMask));
  EXPECT_EQ(word.status(), SlotStatus::killing);
  EXPECT_EQ(word.owner(), kMaxOwners - 1);
  EXPECT_EQ(word.tag(), TaskTag(TaskTag::kMask));
  EXPECT_EQ(SlotWord(word.bits()), word);
}

TEST_F(SlotTableTest, AttemptsOfATaskHaveTagsOfTheirOwnAndOneId) {
  EXPECT_NE(tag_, tag_.next_attempt());
  EXPECT_EQ(tag_.id(), 7u);
  EXPECT_EQ(tag_.next_attempt().id(), 7u);
  TaskTag last = tag_;
  for (int i = 0; i < 15; ++i) last = last.next_attempt();
  EXPECT_EQ(last.id(), 7u) << "attempts must not run over into the id";
}

TEST_F(SlotTableTest, OneOfTwoWhoClaimGetsTheTask) {
  slots_.publish(1, tag_, 0);
  EXPECT_TRUE(slots_.claim(1, tag_, 3));
  EXPECT_FALSE(slots_.claim(1, tag_, 4));
  EXPECT_EQ(slots_.read(1), SlotWord(SlotStatus::running, 3, tag_));
}

TEST_F(SlotTableTest, AClaimOfAnEarlierTaskDoesNotHitALaterOne) {
  slots_.publish(0, tag_, 0);
  ASSERT_TRUE(slots_.cancel(0, tag_));
  const TaskTag later = TaskTag::first_attempt(8);
  slots_.publish(0, later, 0);
  EXPECT_FALSE(slots_.claim(0, tag_, 1));
  EXPECT_TRUE(slots_.claim(0, later, 1));
}

TEST_F(SlotTableTest, CancelWinsUpToTheClaimAndLosesFromThen) {
  slots_.publish(0, tag_, 0);
  ASSERT_TRUE(slots_.claim(0, tag_, 1));
  EXPECT_FALSE(slots_.cancel(0, tag_));
  EXPECT_TRUE(slots_.finish(0, tag_, 1, false));
  EXPECT_FALSE(slots_.cancel(0, tag_));
}

TEST_F(SlotTableTest, AWorkerThatIsToBeKilledCannotFinish) {
  slots_.publish(0, tag_, 0);
  ASSERT_TRUE(slots_.claim(0, tag_, 1));
  ASSERT_TRUE(slots_.begin_kill(0, tag_, 1));
  EXPECT_FALSE(slots_.finish(0, tag_, 1, false));
  EXPECT_EQ(slots_.read(0).status(), SlotStatus::killing);
}

TEST_F(SlotTableTest, AKillComesTooLateForATaskThatEnded) {
  slots_.publish(0, tag_, 0);
  ASSERT_TRUE(slots_.claim(0, tag_, 1));
  ASSERT_TRUE(slots_.finish(0, tag_, 1, true));
  EXPECT_FALSE(slots_.begin_kill(0, tag_, 1));
  EXPECT_EQ(slots_.read(0).status(), SlotStatus::failed);
}

TEST_F(SlotTableTest, RecoveryEndsWhatTheDeadWorkerHeldAndNothingElse) {
  const std::array tags{TaskTag::first_attempt(1), TaskTag::first_attempt(2),
                        TaskTag::first_attempt(3), TaskTag::first_attempt(4)};
  for (std::uint32_t i = 0; i < 4; ++i) slots_.publish(i, tags[i], 0);
  ASSERT_TRUE(slots_.claim(0, tags[0], 1));
  ASSERT_TRUE(slots_.claim(1, tags[1], 2));
  ASSERT_TRUE(slots_.claim(2, tags[2], 1));
  ASSERT_TRUE(slots_.begin_kill(2, tags[2], 1));

  std::vector<std::uint32_t> ended;
  const auto note = [&](std::uint32_t slot, SlotWord) { ended.push_back(slot); };
  slots_.recover(1, note);
  EXPECT_EQ(ended, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(slots_.read(0), SlotWord(SlotStatus::died, 1, tags[0]));
  EXPECT_EQ(slots_.read(1), SlotWord(SlotStatus::running, 2, tags[1]));
  EXPECT_EQ(slots_.read(2), SlotWord(SlotStatus::killed, 1, tags[2]));
  EXPECT_EQ(slots_.read(3), SlotWord(SlotStatus::pending, 0, tags[3]));

  ended.clear();
  slots_.recover(1, note);
  EXPECT_TRUE(ended.empty()) << "run twice, recovery does nothing the second time";
}

// A worker that tells a sleeper changes the word, then wakes him, and may die in between.
TEST_F(SlotTableTest, ASleeperIsRousedWhateverTheAttentionWordSays) {
  slots_.publish(0, tag_, 0);
  std::atomic<pid_t> thread{0};
  std::thread client([&] {
    thread.store(test_support::current_thread_id());
    slots_.sleep_while_unfinished(0, tag_, Deadline::never());
  });
  while (thread.load() == 0) std::this_thread::yield();
  test_support::wait_until_asleep(thread.load());
  ASSERT_EQ(slots_.attention(0), kAttentionWaiter);
  slots_.attention_word(0).fetch_or(kAttentionTold);
  slots_.rouse(0);
  client.join();
}

// The task's future is cancelled, and its worker is yet to die.
TEST_F(SlotTableTest, WhoAsksAfterTheSleepersWereRousedDoesNotSleep) {
  slots_.publish(0, tag_, 0);
  ASSERT_TRUE(slots_.claim(0, tag_, 1));
  ASSERT_TRUE(slots_.begin_kill(0, tag_, 1));
  slots_.rouse(0);
  ASSERT_TRUE(slots_.unfinished(0, tag_));
  slots_.sleep_while_unfinished(0, tag_, Deadline::never());
}

// Thread A is about to sleep on the word that it got when it asked. The task ends, A is told, and
// thread B, late with its question, asks as well.
TEST_F(SlotTableTest, ALateQuestionDoesNotBringBackTheWordThatSomebodyIsAboutToSleepOn) {
  slots_.publish(0, tag_, 0);
  const std::uint32_t by_a = slots_.ask(0, kAttentionWaiter);
  ASSERT_TRUE(slots_.claim(0, tag_, 1));
  ASSERT_TRUE(slots_.finish(0, tag_, 1, false));
  slots_.tell_sleepers(0, tag_);
  EXPECT_NE(slots_.ask(0, kAttentionWaiter), by_a);

  const TaskTag next = TaskTag::first_attempt(8);
  slots_.publish(0, next, 0);
  const std::uint32_t by_c = slots_.ask(0, kAttentionWaiter);
  slots_.rouse(0);
  EXPECT_NE(slots_.ask(0, kAttentionWaiter), by_c);
}

// Its worker comes late, and the next task's word has sleepers of its own.
TEST_F(SlotTableTest, WhoTellsOfATaskLeavesTheNextOnesWordAsItIs) {
  slots_.publish(0, tag_, 0);
  slots_.publish(0, TaskTag::first_attempt(8), 0);
  const std::uint32_t by_a = slots_.ask(0, kAttentionWaiter);
  slots_.tell_sleepers(0, tag_);
  EXPECT_EQ(slots_.attention_word(0).load(), by_a);
}

TEST_F(SlotTableTest, AttentionWordsOfTwoTasksDiffer) {
  slots_.publish(0, tag_, kAttentionNotify);
  const std::uint32_t first = slots_.ask(0, kAttentionWaiter);
  slots_.publish(0, TaskTag::first_attempt(8), kAttentionNotify);
  EXPECT_NE(slots_.ask(0, kAttentionWaiter), first);
  EXPECT_EQ(slots_.attention(0), kAttentionNotify | kAttentionWaiter);
}

}  // namespace
}  // namespace muster::detail

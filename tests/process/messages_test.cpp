// What client and supervisor say to each other, where one of them leaves.

#include "lib/supervisor/messages.hpp"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using namespace muster::detail;

// A supervisor that leaves without having read all that it was sent: the kernel reports a reset
// before its last words.
TEST(Messages, LastWordsAreHeardThoughThePeerHasNotReadOurs) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const FileDescriptor ours(pair[0]);
  FileDescriptor theirs(pair[1]);
  Message unread;
  unread.kind = MessageKind::kill_task;
  ASSERT_TRUE(send_message(ours.get(), unread, SendMode::at_once));
  Message last;
  last.kind = MessageKind::broken;
  ASSERT_TRUE(send_message(theirs.get(), last, SendMode::at_once));
  theirs.reset();

  Message heard;
  FileDescriptor along;
  ASSERT_EQ(receive_message(ours.get(), heard, along), ReceiveResult::message);
  EXPECT_EQ(heard.kind, MessageKind::broken);
  EXPECT_EQ(receive_message(ours.get(), heard, along), ReceiveResult::closed);
}

}  // namespace

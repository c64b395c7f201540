// What client and supervisor say to each other, where one of them leaves.

#include "lib/supervisor/messages.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

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

// A peer that reads nothing, ended with room for nothing more, while a process that was forked at
// the wrong moment holds its end of the socket.
TEST(Messages, NoRoomIsWaitedForWithAPeerThatIsGone) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const FileDescriptor ours(pair[0]);
  const FileDescriptor held(pair[1]);
  const pid_t peer = ::fork();
  if (peer == 0) {
    while (true) ::pause();
  }
  const FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, peer, 0)));
  ASSERT_TRUE(pidfd);
  const Message message;
  while (send_message(ours.get(), message, SendMode::at_once)) {
  }
  std::atomic<bool> sent{true};
  std::thread waits(
      [&] { sent = send_message(ours.get(), message, SendMode::wait, -1, pidfd.get()); });
  ASSERT_EQ(::kill(peer, SIGKILL), 0);
  waits.join();
  EXPECT_FALSE(sent);
  ASSERT_EQ(::waitpid(peer, nullptr, 0), peer);
}

TEST(Messages, RoomIsWaitedForWithAPeerThatLives) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const FileDescriptor ours(pair[0]);
  const FileDescriptor theirs(pair[1]);
  const FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  Message message;
  std::uint64_t count = 0;
  while (send_message(ours.get(), message, SendMode::at_once)) ++count;
  message.number = 7;
  bool sent = false;
  std::thread waits(
      [&] { sent = send_message(ours.get(), message, SendMode::wait, -1, pidfd.get()); });
  Message heard;
  FileDescriptor along;
  for (; count != 0; --count) {
    ASSERT_EQ(receive_message(theirs.get(), heard, along), ReceiveResult::message);
  }
  waits.join();
  ASSERT_TRUE(sent);
  ASSERT_EQ(receive_message(theirs.get(), heard, along), ReceiveResult::message);
  EXPECT_EQ(heard.number, 7);
}

}  // namespace

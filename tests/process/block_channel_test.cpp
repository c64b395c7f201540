// What workers send of arrays in shared memory: anything may come, and only what was meant is
// believed.

#include "lib/sharing/block_channel.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/error.hpp>

#include "lib/common/record_socket.hpp"
#include "lib/segments/memfd.hpp"
#include "lib/sharing/block_registry.hpp"
#include "lib/sharing/deliveries.hpp"
#include "support/failure.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::EncodingError;
using muster::detail::BlockChannel;
using muster::detail::BlockInbox;
using muster::detail::BlockMessage;
using muster::detail::BlockReference;
using muster::detail::BlockRegistry;
using muster::detail::Deliveries;
using muster::detail::FileDescriptor;
using muster::detail::Memfd;
using muster::detail::SharedBlock;

constexpr std::size_t kSize = 8192;

std::uint64_t inode_of(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return status.st_ino;
}

struct Sent {
  std::uint64_t id = 0;
  std::uint64_t size = kSize;
  SharedBlock::Access access = SharedBlock::Access::read_write;
};

class Blocks : public testing::Test {
 protected:
  // As a worker does.
  void send(int fd, Sent sent, std::uint64_t task = 7) {
    const BlockMessage message{task, 0, sent.access, 0, 0, {sent.id, sent.size, -1, 0}};
    muster::detail::send_block(channel_.workers.get(), message, fd);
  }
  // The delivery of a task.
  std::uint64_t deliver(std::uint64_t task = 7) {
    inbox_.receive(channel_.client.get());
    const std::uint64_t delivery = Deliveries::add(inbox_.take(task));
    inbox_.settle(0);
    return delivery;
  }
  static std::string error_of(std::uint64_t delivery, std::uint64_t id,
                              SharedBlock::Access access = SharedBlock::Access::read_only) {
    try {
      Deliveries::receive(delivery, {id, kSize, -1, 0}, access);
    } catch (const EncodingError& error) {
      return error.what();
    }
    return "";
  }

  BlockChannel channel_ = muster::detail::make_block_channel();
  BlockInbox inbox_;
};

TEST_F(Blocks, ArriveWithTheTaskThatSentThem) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const std::uint64_t id = inode_of(memory.fd());
  send(memory.fd(), {id});
  const std::uint64_t delivery = deliver();
  const auto block =
      Deliveries::receive(delivery, {id, kSize, -1, 0}, SharedBlock::Access::read_write);
  EXPECT_EQ(block->size(), kSize);
  EXPECT_EQ(error_of(delivery, id), "");
  Deliveries::drop(delivery);
  EXPECT_NE(error_of(delivery, id), "");
}

TEST_F(Blocks, OfOtherTasksAreNotThere) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const std::uint64_t id = inode_of(memory.fd());
  send(memory.fd(), {id}, 8);
  const std::uint64_t delivery = deliver(7);
  EXPECT_NE(error_of(delivery, id).find("did not come with it"), std::string::npos);
  EXPECT_TRUE(inbox_.waiting());
  EXPECT_TRUE(inbox_.take_all_but([](const BlockMessage&) { return false; }).contains(8));
  EXPECT_FALSE(inbox_.waiting());
  Deliveries::drop(delivery);
}

TEST_F(Blocks, ThatCouldShrinkAreRefused) {
  const FileDescriptor memory(::memfd_create("muster:array", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(memory.get(), kSize), 0);
  const std::uint64_t id = inode_of(memory.get());
  send(memory.get(), {id});
  const std::uint64_t delivery = deliver();
  EXPECT_NE(error_of(delivery, id).find("no memory of the size"), std::string::npos);
  Deliveries::drop(delivery);
}

TEST_F(Blocks, ThatAreLargerThanTheirMemoryAreRefused) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const std::uint64_t id = inode_of(memory.fd());
  send(memory.fd(), {id, kSize + 1});
  send(memory.fd(), {id, ~std::uint64_t{0}});
  const std::uint64_t delivery = deliver();
  EXPECT_NE(error_of(delivery, id).find("no memory of the size"), std::string::npos);
  Deliveries::drop(delivery);
}

TEST_F(Blocks, OfAnotherInodeThanWasSaidAreRefused) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const std::uint64_t id = inode_of(memory.fd()) + 1;
  send(memory.fd(), {id});
  const std::uint64_t delivery = deliver();
  EXPECT_NE(error_of(delivery, id).find("its memory is gone"), std::string::npos);
  Deliveries::drop(delivery);
}

TEST_F(Blocks, ThatAreNoMemoryAreRefused) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const FileDescriptor read_end(pipe[0]);
  const FileDescriptor write_end(pipe[1]);
  const std::uint64_t id = inode_of(pipe[0]);
  send(pipe[0], {id});
  const std::uint64_t delivery = deliver();
  EXPECT_NE(error_of(delivery, id).find("no memory of the size"), std::string::npos);
  Deliveries::drop(delivery);
}

TEST_F(Blocks, ThatAreReadOnlyCannotBeHadToWrite) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const Memfd reader = memory.reopen_read_only();
  const std::uint64_t id = inode_of(memory.fd());
  send(reader.fd(), {id, kSize, SharedBlock::Access::read_only});
  const std::uint64_t delivery = deliver();
  EXPECT_EQ(error_of(delivery, id, SharedBlock::Access::read_only), "");
  EXPECT_NE(error_of(delivery, id, SharedBlock::Access::read_write), "");
  Deliveries::drop(delivery);
}

// Said to be writable, as a worker may lie.
TEST_F(Blocks, ThatCannotBeMappedAsWasSaidAreRefused) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const Memfd reader = memory.reopen_read_only();
  const std::uint64_t id = inode_of(memory.fd());
  send(reader.fd(), {id});
  const std::uint64_t delivery = deliver();
  EXPECT_NE(error_of(delivery, id).find("cannot be mapped"), std::string::npos);
  Deliveries::drop(delivery);
}

TEST_F(Blocks, RecordsThatAreNoneAreSkipped) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  const std::uint64_t id = inode_of(memory.fd());
  const int socket = channel_.workers.get();
  const BlockMessage message{7, 0, SharedBlock::Access::read_write, 0, 0, {id, kSize, -1, 0}};
  const std::vector<char> longer(4 * sizeof(message), 'x');
  const int fd = memory.fd();
  using muster::detail::send_record;
  ASSERT_GE(send_record(socket, &message, sizeof(message), {}, 0), 0);
  ASSERT_GE(send_record(socket, &message, sizeof(message) - 1, {&fd, 1}, 0), 0);
  ASSERT_GE(send_record(socket, longer.data(), longer.size(), {&fd, 1}, 0), 0);
  inbox_.receive(channel_.client.get());
  EXPECT_TRUE(inbox_.empty());
  send(memory.fd(), {id});
  const std::uint64_t delivery = deliver();
  EXPECT_EQ(error_of(delivery, id), "");
  Deliveries::drop(delivery);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(Blocks, DescriptorsBeyondTheFirstOfARecordAreNotTaken) {
  const Memfd memory = Memfd::create("muster:array", kSize);
  BlockMessage message{7, 0, SharedBlock::Access::read_write, 0, 0, {1, kSize, -1, 0}};
  iovec part{&message, sizeof(message)};
  const std::array<int, 2> fds{memory.fd(), memory.fd()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(fds))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(fds));
  std::memcpy(CMSG_DATA(c), fds.data(), sizeof(fds));
  const std::size_t before = open_descriptors();
  ASSERT_GE(::sendmsg(channel_.workers.get(), &header, 0), 0);
  inbox_.receive(channel_.client.get());
  EXPECT_EQ(open_descriptors(), before + 1);
  inbox_.take(7);
  EXPECT_EQ(open_descriptors(), before);
}

// A worker that sends without end: each batch is what the socket holds.
TEST_F(Blocks, TakeNoMoreThanHalfOfTheDescriptors) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{400, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  BlockInbox inbox;
  const Memfd memory = Memfd::create("muster:array", kSize);
  const int fd = memory.fd();
  std::size_t sent = 0;
  while (sent < 300) {
    const BlockMessage message{sent, 0, SharedBlock::Access::read_write, 0, 0, {1, kSize, -1, 0}};
    const ssize_t done = muster::detail::send_record(channel_.workers.get(), &message,
                                                     sizeof(message), {&fd, 1}, MSG_DONTWAIT);
    if (done > 0) {
      ++sent;
      continue;
    }
    ASSERT_EQ(errno, EAGAIN);
    inbox.receive(channel_.client.get());
  }
  inbox.receive(channel_.client.get());
  std::size_t kept = 0;
  for (std::uint64_t task = 0; task < sent; ++task) kept += inbox.take(task).size();
  EXPECT_EQ(kept, 200U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace

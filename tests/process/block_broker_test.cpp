// The supervisor opens the client's shared arrays for its workers, and nothing else.

#include "lib/sharing/block_broker.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/common/record_socket.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::BlockAsker;
using muster::detail::BlockBroker;
using muster::detail::BlockRequest;
using muster::detail::FileDescriptor;
using Kind = BlockRequest::Kind;

FileDescriptor array_memory() {
  FileDescriptor fd(::memfd_create("muster:array", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(fd.get(), 4096), 0);
  return fd;
}

std::uint64_t id_of(const FileDescriptor& fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status.st_ino;
}

class Broker : public testing::Test {
 protected:
  // As if a worker asked.
  int ask(const BlockRequest& request, FileDescriptor& fd) {
    std::future<int> error = std::async(std::launch::async, [&] { return asker.ask(request, fd); });
    while (error.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      std::vector<pollfd> fds;
      broker.add_to(fds);
      // Its end makes no descriptor ready.
      ::poll(fds.data(), fds.size(), 1);
      broker.serve();
    }
    return error.get();
  }
  int ask(const BlockRequest& request) {
    FileDescriptor unused;
    return ask(request, unused);
  }

  BlockBroker broker{::getpid(), 2};
  FileDescriptor channel = broker.take_workers_end();
  BlockAsker asker{channel.get()};
};

TEST_F(Broker, OpensAnArray) {
  const FileDescriptor memory = array_memory();
  FileDescriptor got;
  ASSERT_EQ(ask({Kind::open_read_write, memory.get(), id_of(memory)}, got), 0);
  EXPECT_EQ(id_of(got), id_of(memory));
  EXPECT_EQ(::fcntl(got.get(), F_GETFL) & O_ACCMODE, O_RDWR);
  FileDescriptor reader;
  ASSERT_EQ(ask({Kind::open_read_only, memory.get(), id_of(memory)}, reader), 0);
  EXPECT_EQ(::fcntl(reader.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_EQ(ask({Kind::look, memory.get(), id_of(memory)}), 0);
}

TEST_F(Broker, OpensNothingElse) {
  const FileDescriptor memory = array_memory();
  EXPECT_EQ(ask({Kind::look, memory.get(), id_of(memory) + 1}), ESTALE);
  EXPECT_EQ(ask({Kind::open_read_only, 9999, id_of(memory)}), ENOENT);
  const FileDescriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(ask({Kind::open_read_only, file.get(), id_of(file)}), EACCES);
  const FileDescriptor other(::memfd_create("muster:pool:tasks", MFD_CLOEXEC));
  EXPECT_EQ(ask({Kind::open_read_write, other.get(), id_of(other)}), EACCES);
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const FileDescriptor read_end(pipe[0]);
  const FileDescriptor write_end(pipe[1]);
  EXPECT_EQ(ask({Kind::open_read_only, read_end.get(), id_of(read_end)}), ESTALE);
}

TEST_F(Broker, ServesNoMoreThanThereCanBe) {
  const BlockAsker second(channel.get());
  const BlockAsker third(channel.get());
  broker.serve();
  std::vector<pollfd> fds;
  broker.add_to(fds);
  EXPECT_EQ(fds.size(), 3U);
  FileDescriptor unused;
  EXPECT_NE(third.ask({Kind::look, 0, 0}, unused), 0);
}

TEST_F(Broker, LetsGoOfAWorkerThatIsGoneOrTalksNonsense) {
  broker.serve();
  std::vector<pollfd> fds;
  broker.add_to(fds);
  ASSERT_EQ(fds.size(), 2U);
  asker = BlockAsker();
  broker.serve();
  fds.clear();
  broker.add_to(fds);
  EXPECT_EQ(fds.size(), 1U);

  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const FileDescriptor mine(pair[0]);
  FileDescriptor theirs(pair[1]);
  const int their_end = theirs.get();
  ASSERT_EQ(muster::detail::send_record(channel.get(), "x", 1, {&their_end, 1}, 0), 1);
  theirs.reset();
  ASSERT_EQ(muster::detail::send_record(mine.get(), "nonsense", 8, {}, 0), 8);
  broker.serve();
  broker.serve();  // once it is known
  fds.clear();
  broker.add_to(fds);
  EXPECT_EQ(fds.size(), 1U);
}

}  // namespace

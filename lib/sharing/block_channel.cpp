#include "lib/sharing/block_channel.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/record_socket.hpp"

namespace muster::detail {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

std::size_t half_of_all_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur / 2;
}

}  // namespace

BlockChannel make_block_channel() {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    throw Error("cannot make a socket for the pool: " + reason(errno));
  }
  return {FileDescriptor(pair[0]), FileDescriptor(pair[1])};
}

void send_block(int socket, const BlockMessage& message, int fd) {
  while (send_record(socket, &message, sizeof(message), {&fd, 1}, 0) < 0) {
    if (errno == EINTR) continue;
    throw EncodingError("an array in shared memory cannot be sent to the client: " + reason(errno));
  }
}

BlockInbox::BlockInbox() : most_(half_of_all_descriptors()) {}

bool BlockInbox::receive(int socket, WhenFull when_full) {
  // More than a socket holds: what was there has been seen, however fast a worker sends.
  constexpr int kMostAtOnce = 10'000;
  std::size_t here = waiting_.load() - taken_;
  waiting_.store(here + taken_ + 1);  // before anything leaves the socket
  bool stopped = false;
  for (int i = 0; i < kMostAtOnce; ++i) {
    stopped = when_full == WhenFull::stop && here >= most_;
    if (stopped) break;
    Arrived arrived;
    const ssize_t got = receive_record(socket, &arrived.message, sizeof(arrived.message),
                                       {&arrived.fd, 1}, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    // The socket is empty, or the kernel has no memory for a descriptor; who needs a block that is
    // still in there receives again. A socket whose other end is gone says so by an empty record.
    if (got <= 0) break;
    // A record of another size, or without a descriptor, is none of Muster's. Or this process has
    // no descriptor left.
    if (got != static_cast<ssize_t>(sizeof(arrived.message)) || !arrived.fd || here >= most_) {
      continue;
    }
    try {
      arrived_[arrived.message.task].push_back(std::move(arrived));
      ++here;
    } catch (const std::bad_alloc&) {
      break;  // no room either
    }
  }
  count();
  return stopped;
}

std::vector<BlockInbox::Arrived> BlockInbox::take(std::uint64_t task) {
  const auto found = arrived_.find(task);
  if (found == arrived_.end()) return {};
  std::vector<Arrived> blocks = std::move(found->second);
  arrived_.erase(found);
  taken_ += blocks.size();
  return blocks;
}

void BlockInbox::count() {
  std::size_t here = taken_;
  for (const auto& [task, blocks] : arrived_) here += blocks.size();
  waiting_.store(here);
}

}  // namespace muster::detail

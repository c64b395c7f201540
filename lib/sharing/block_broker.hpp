#pragma once

// How a worker comes by the blocks of its arguments where it may not open them itself.
//
// A worker opens them by the client's table of descriptors in /proc. Landlock denies that to a
// process that it restricts, whatever its rules: there it is as a debugger's look into another
// process. So the supervisor, who is not restricted, opens them for it, and nothing but them.
//
// A pool whose workers are restricted has one channel, of which all of them hold an end. A worker
// makes a SOCK_SEQPACKET pair of its own, sends one end of it through the channel, and asks by the
// other: one request, one answer. If the worker dies, its end is closed, and the supervisor drops
// the other one.

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

struct BlockRequest {
  enum class Kind : std::uint32_t { open_read_only, open_read_write, look };

  Kind kind = Kind::look;
  std::int32_t fd = -1;  // in the client
  std::uint64_t id = 0;  // BlockReference::id
};

// With a descriptor where one was asked for and there is no error.
struct BlockAnswer {
  std::int32_t error = 0;  // errno; ESTALE: it is another file's by now
};

// The supervisor's side. Never waits for anybody.
class BlockBroker {
 public:
  // Serves nobody.
  BlockBroker() = default;
  // Of this client's blocks, for at most so many at a time. Throws Error where there are no
  // descriptors.
  BlockBroker(pid_t client, std::size_t most);

  // The workers' end of the channel, once.
  FileDescriptor take_workers_end() { return std::move(workers_end_); }
  // What is to be polled for.
  void add_to(std::vector<pollfd>& fds) const;
  // Answers who has asked, and lets go of who is gone.
  void serve();

 private:
  bool answer(int asker) const;

  pid_t client_ = 0;
  std::size_t most_ = 0;
  FileDescriptor channel_;
  FileDescriptor workers_end_;
  std::vector<FileDescriptor> askers_;
};

// A worker's side.
class BlockAsker {
 public:
  // Reaches nobody.
  BlockAsker() = default;
  // `channel`: the workers' end. Throws Error where there are no descriptors.
  explicit BlockAsker(int channel);

  explicit operator bool() const { return static_cast<bool>(socket_); }
  // errno, or 0 and, where the request was to open, the descriptor.
  int ask(const BlockRequest& request, FileDescriptor& fd) const;

 private:
  FileDescriptor socket_;
};

}  // namespace muster::detail

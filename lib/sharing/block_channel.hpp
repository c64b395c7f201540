#pragma once

// How blocks of shared memory come from workers to the client: a socket on which a worker sends the
// descriptor of each block that is in a result, before the result's slot says that it is done.
//
// One SOCK_SEQPACKET pair a pool: all its workers hold one end, the client the other. A message is
// whole or not there. From the moment it is sent the kernel keeps the descriptor, and from when it
// is received the client does, so the worker may die right after its result: the block lives. If
// it dies before, the message is not there, or belongs to a task that did not end: then the client
// drops it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <unordered_map>
#include <vector>

#include <muster/detail/shared_block.hpp>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

struct BlockMessage {
  // No process but the sender has had it.
  static constexpr std::uint32_t kPrivate = 1;
  // SharedBlock::broadcast()
  static constexpr std::uint32_t kBroadcast = 2;

  std::uint64_t task = 0;  // the number of the task whose result it is in, whatever the attempt
  std::uint32_t slot = 0;  // where that is
  SharedBlock::Access access = SharedBlock::Access::read_write;
  std::uint32_t flags = 0;
  std::uint32_t pad = 0;
  BlockReference block;
};

struct BlockChannel {
  FileDescriptor client;   // does not block
  FileDescriptor workers;  // does
};
// Throws Error where there are no descriptors.
BlockChannel make_block_channel();

// Waits while there is no room. Throws EncodingError where the kernel refuses.
void send_block(int socket, const BlockMessage& message, int fd);

// Blocks that arrived, until the result that has them is delivered. Thread safety: none, but for
// waiting().
class BlockInbox {
 public:
  // So many descriptors are kept at most: half of those that the process may have.
  BlockInbox();

  enum class WhenFull { stop, drop };
  // Takes in what there is. Not to be believed: any worker can send anything. True: it has stopped
  // for want of room. What is dropped is missed where it is asked for.
  bool receive(int socket, WhenFull when_full = WhenFull::drop);
  struct Arrived {
    BlockMessage message;
    FileDescriptor fd;
  };
  bool has(std::uint64_t task) const { return arrived_.contains(task); }
  // Those of this task; none where there are none. They wait until settle() is called with what
  // taken() was before.
  std::vector<Arrived> take(std::uint64_t task);
  std::size_t taken() const { return taken_; }
  void settle(std::size_t taken) {
    taken_ = taken;
    count();
  }
  using Blocks = std::unordered_map<std::uint64_t, std::vector<Arrived>>;
  // Takes out those of tasks of which keep(message) does not say so. To close their descriptors may
  // free much memory: the caller does it where that may take its time.
  template <class Keep>
  Blocks take_all_but(Keep&& keep) {
    Blocks gone;
    try {
      gone.reserve(arrived_.size());  // from here on nothing is allocated
    } catch (const std::bad_alloc&) {
      std::erase_if(arrived_, [&](const auto& each) { return !keep(each.second.front().message); });
    }
    for (auto entry = arrived_.begin(); entry != arrived_.end();) {
      const auto each = entry++;
      if (!keep(each->second.front().message)) gone.insert(arrived_.extract(each));
    }
    count();
    return gone;
  }
  // The first message of some task of which wanted(message) says so; null: of none.
  template <class Wanted>
  const BlockMessage* find(Wanted&& wanted) const {
    for (const auto& [task, blocks] : arrived_) {
      if (wanted(blocks.front().message)) return &blocks.front().message;
    }
    return nullptr;
  }
  bool empty() const { return arrived_.empty(); }
  // From any thread: whether blocks are being received, or here. Seq_cst: who has seen the socket
  // empty sees here what was taken from it.
  bool waiting() const noexcept { return waiting_.load() != 0; }

 private:
  void count();

  Blocks arrived_;
  std::size_t taken_ = 0;
  std::atomic<std::size_t> waiting_{0};
  const std::size_t most_;
};

}  // namespace muster::detail

#pragma once

// Blocks of shared memory in a worker: those of arguments, which it opens through the client's
// table of descriptors, and those of results, which it sends to the client.
//
// Mappings of arguments are kept when their task has ended, those used last, so that the next task
// with the same block finds its pages there, and so is what was made of the bytes of a Shared. When
// the client has let a block go the header says that some are gone: then those that are no more are
// dropped, before the next wait or the next task. The pages were punched out by then
// (block_registry.hpp). In the record stands how many blocks the worker's tasks have kept for
// themselves.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <muster/detail/shared_block.hpp>

#include "lib/segments/layout.hpp"
#include "lib/slots/slot_word.hpp"
#include "worker/block_opener.hpp"

namespace muster::detail {

class BlockCache final : public BlockReceiver, public BlockSender {
 public:
  // `socket`: the workers' end of the pool's block channel; `gone`: PoolHeader::blocks_gone.
  BlockCache(pid_t client, int socket, const std::atomic<std::uint32_t>& gone,
             WorkerRecord& record);

  // Before this process may not open them itself: BlockOpener::go_through().
  void open_through(int channel) { opener_.go_through(channel); }

  // Of the task that runs.
  void begin_task(std::uint64_t task, std::uint32_t slot) {
    if (counts_) drop_stale();
    task_ = task;
    slot_ = slot;
    if (!sent_.empty()) sent_.clear();
  }
  // Whether its result holds blocks.
  bool has_sent() const { return !sent_.empty(); }
  // Before the task's end can be seen.
  void end_task() {
    if (!cached_.empty() || counts_) count_held();
  }
  // Lets go of what the client does not have any more.
  void drop_stale() {
    // Acquire pairs with the client's count, which it raises when the descriptor is closed.
    const std::uint32_t gone = gone_.load(std::memory_order_acquire);
    if (std::exchange(seen_gone_, gone) != gone) look_for_stale();
  }

  std::shared_ptr<SharedBlock> receive(const BlockReference& reference,
                                       SharedBlock::Access access) override;
  KeptObject* kept(std::uint64_t number, const BlockReference& reference) override;
  BlockReference send(const std::shared_ptr<SharedBlock>& block) override;

 private:
  // The block's id and how it may be used: one mapping for each.
  using Key = std::pair<std::uint64_t, SharedBlock::Access>;
  struct Cached {
    std::shared_ptr<SharedBlock> block;
    BlockReference reference;
    std::uint64_t used;
  };
  // So many that nobody uses; each has a descriptor.
  static constexpr std::size_t kMostUnused = 64;

  void forget_oldest();
  void count_held();
  void look_for_stale();

  BlockOpener opener_;
  const int socket_;
  WorkerRecord& record_;
  const std::uint32_t forks_;
  const std::atomic<std::uint32_t>& gone_;
  std::uint32_t seen_gone_ = 0;
  boost::unordered_flat_map<Key, Cached> cached_;
  struct Kept {
    BlockReference reference;
    KeptObject object;
  };
  std::unordered_map<std::uint64_t, Kept> kept_;  // by number
  std::uint64_t uses_ = 0;
  std::uint64_t task_ = 0;
  std::uint32_t slot_ = 0;
  boost::unordered_flat_set<Key> sent_;  // with the task's result
  bool counts_ = false;                  // there was a block in this worker
};

}  // namespace muster::detail

#pragma once

// Blocks of memory that processes share by reference: which of them this process holds, and when
// their pages are given back.
//
// Each is a memfd. Who holds a handle holds a descriptor and a mapping, so the kernel counts the
// holders, and one that is killed is counted no more. But a worker keeps mappings of arguments that
// it has seen, so that the next task with the same block finds its pages mapped, and these must not
// keep memory that nobody can reach any more. So when the last handle goes of the process that has
// given the block to workers, and no worker can reach it beyond its tasks, the pages are punched
// out: what is still mapped is empty.
//
// Who can reach it then, and is looked for in this order, which is the way that a block goes:
// 1. a worker whose tasks have kept blocks, which its record says before their end can be seen;
// 2. a result on its way: in the pool's socket, or taken from there and not delivered yet;
// 3. another handle of this process, a result that was delivered and not read among them;
// 4. workers of a pool that was made later: they have inherited all that the program had;
// 5. a child that the program has forked since.
// Where there may be one, the pages are left to the kernel's count; and so are those of a block
// that came in a result from a worker which was not the only one to have had it
// (BlockMessage::kPrivate).
//
// If the process that gave a block away dies, nothing is punched; its workers end with it.

#include <cstddef>
#include <cstdint>
#include <memory>

#include <muster/detail/shared_block.hpp>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// A pool, as far as its workers may reach blocks.
class BlockUser {
 public:
  // Whether some worker holds one beyond the task that it came with, or has sent one that is not
  // delivered. Called with the registry locked.
  virtual bool workers_hold_blocks() const noexcept = 0;
  // This process has let a block go, of which workers may keep a mapping or what they made of it;
  // `at_once`: they are to let it go now, and not when they have nothing to do. Likewise.
  virtual void tell_block_gone(bool at_once) noexcept = 0;

 protected:
  // Of one that is no user any more: once its members are destroyed nobody may ask it.
  virtual ~BlockUser() = default;

 private:
  friend class BlockRegistry;
  // What its workers were forked with: blocks up to this number; whether that were any.
  std::uint64_t inherited_ = 0;
  bool inherits_ = false;
  bool can_be_asked_ = false;
};

// Thread safety: all members, from any thread.
class BlockRegistry {
 public:
  static std::shared_ptr<SharedBlock> make(std::size_t size);
  // The block behind a descriptor that came from elsewhere. Throws EncodingError where it is not
  // the one that was meant, could shrink, or cannot be mapped.
  static std::shared_ptr<SharedBlock> adopt(FileDescriptor fd, const BlockReference& reference,
                                            SharedBlock::Access access);
  // One that this process has, with the access that is asked for or more; null: none.
  static std::shared_ptr<SharedBlock> find(std::uint64_t id, SharedBlock::Access access);

  static BlockReference reference_of(const SharedBlock& block) noexcept {
    return {block.id_, block.size_, block.fd_, 0};
  }

  // Whether no other process has it, nor ever had: it was made here, or came marked so.
  static bool is_private(const SharedBlock& block) noexcept;
  // It came from a process to which it was private, and no other has it that has not got it from
  // here.
  static void mark_new_here(SharedBlock& block) noexcept { block.ours_ = true; }
  // Another process holds it from now on, as long as it likes.
  static void mark_sent(SharedBlock& block) noexcept { block.ours_ = false; }
  static bool is_broadcast(const SharedBlock& block) noexcept { return block.broadcast_; }
  static void mark_broadcast(SharedBlock& block) noexcept { block.broadcast_ = true; }

  // How many this process has mapped itself and still has.
  static std::size_t live() noexcept;

  // Before the pool's processes are forked, and when they are. In between they may hold anything.
  static void add_user(BlockUser& user);
  static void user_can_be_asked(BlockUser& user) noexcept;
  // When they have ended. Nothing for one that is none.
  static void remove_user(BlockUser& user) noexcept;
  // Called when the descriptor of one that this process had is closed.
  static void tell_users(bool at_once) noexcept;
  // Whether workers of any pool of this process hold blocks, or were forked with some.
  static bool users_hold_blocks() noexcept;

 private:
  friend class SharedBlock;

  static std::shared_ptr<SharedBlock> map(FileDescriptor fd, std::uint64_t id, std::size_t size,
                                          SharedBlock::Access access);
  static bool may_be_elsewhere(const SharedBlock& block) noexcept;
  static void forget(SharedBlock& block) noexcept;
};

}  // namespace muster::detail

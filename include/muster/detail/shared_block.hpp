#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace muster::detail {

// Of a block that travels: enough to find it in another process of the pool.
struct BlockReference {
  std::uint64_t id = 0;    // the number of its memory, which no other has while anybody holds it
  std::uint64_t size = 0;  // in bytes
  std::int32_t fd = -1;    // of an argument: its descriptor in the client
  std::uint32_t pad = 0;
};

// Memory that processes share by reference, of a size that never changes. It lives as long as any
// process holds a handle: the kernel counts, so a process that is killed leaves nothing behind.
// Thread safety: as std::shared_ptr to it; the bytes are the program's own affair.
class SharedBlock {
 public:
  enum class Access { read_write, read_only };

  // `size` zeros, not 0 of them, with pages behind them. Throws Error where memory, descriptors or
  // address space run out.
  static std::shared_ptr<SharedBlock> make(std::size_t size);

  ~SharedBlock();
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  // Writing to one that is read-only ends the process with SIGSEGV.
  Access access() const noexcept { return access_; }

  // Before it is given to anybody: workers keep what they make of it, and are told at once when
  // this process has let it go. What its bytes name lives as long as it does.
  void broadcast(std::vector<std::shared_ptr<SharedBlock>> names) {
    broadcast_ = true;
    names_ = std::move(names);
  }
  const std::vector<std::shared_ptr<SharedBlock>>& names() const noexcept { return names_; }

 private:
  friend class BlockRegistry;
  SharedBlock() = default;

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t id_ = 0;
  int fd_ = -1;
  Access access_ = Access::read_write;
  bool broadcast_ = false;
  std::vector<std::shared_ptr<SharedBlock>> names_;
  bool ours_ = false;  // who else holds it has it from this process, or sent it here
  // When it was mapped: after how many others, how often the program had forked, in which process.
  std::uint64_t number_ = 0;
  std::uint32_t forks_ = 0;
  std::uint32_t generation_ = 0;
};

// Takes blocks along with a message.
class BlockSender {
 public:
  // What the receiver needs to find it. Throws EncodingError where it cannot travel.
  virtual BlockReference send(const std::shared_ptr<SharedBlock>& block) = 0;

 protected:
  ~BlockSender() = default;
};

// What a process has made of a block's bytes.
struct KeptObject {
  const void* type = nullptr;
  std::shared_ptr<void> object;
};

// Finds them on the other side.
class BlockReceiver {
 public:
  // Where to keep what is made of the block that was given this number; null: nowhere. It is let
  // go when the sender has let go of the block.
  virtual KeptObject* kept(std::uint64_t /*number*/, const BlockReference& /*reference*/) {
    return nullptr;
  }
  // Throws EncodingError where it is not to be had, or has another size.
  virtual std::shared_ptr<SharedBlock> receive(const BlockReference& reference,
                                               SharedBlock::Access access) = 0;

 protected:
  ~BlockReceiver() = default;
};

}  // namespace muster::detail

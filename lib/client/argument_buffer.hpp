#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <muster/detail/shared_block.hpp>
#include <muster/encoder.hpp>

namespace muster::detail {

// Where the arguments of one task are encoded: a few bytes in this object, then a scratch page of
// the thread's, then memory of the pool's, so that long arguments are written where the worker
// will read them.
class ArgumentBuffer final : public Growth, private BlockSender {
 public:
  static constexpr std::size_t kScratch = 4096;

  // What gives long arguments their memory.
  class Memory {
   public:
    struct Block {
      std::byte* data = nullptr;
      bool in_arena = false;   // else on the heap
      bool first_use = false;  // of this memory
    };
    // Throws EncodingError where there is none.
    virtual Block allocate_long(std::size_t size) = 0;
    virtual void free_long(Block block) noexcept = 0;
    // As std::memcpy into a block in the arena, for its first use.
    virtual void write_long(std::byte* place, const void* data, std::size_t size) noexcept = 0;

   protected:
    ~Memory() = default;
  };

  ArgumentBuffer(Memory& memory, std::size_t size_hint);
  ~ArgumentBuffer();
  ArgumentBuffer(const ArgumentBuffer&) = delete;
  ArgumentBuffer& operator=(const ArgumentBuffer&) = delete;

  std::byte* begin() { return begin_; }
  std::byte* end() { return end_; }

  // After encoding: null if the bytes are not in the pool's memory yet.
  const Memory::Block& block() const { return block_; }
  // The block is the caller's now.
  Memory::Block take_block();
  // Blocks of shared memory that the arguments name: they must live until the task has ended.
  using SharedBlocks = std::vector<std::shared_ptr<SharedBlock>>;
  SharedBlocks take_shared() { return std::exchange(shared_, {}); }
  bool has_shared() const { return !shared_.empty(); }

  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override;
  void copy(std::byte* place, const void* data, std::size_t size) noexcept override;
  BlockSender* blocks() noexcept override { return this; }

 private:
  void use_scratch();
  BlockReference send(const std::shared_ptr<SharedBlock>& block) override;

  Memory& memory_;
  alignas(64) std::array<std::byte, 64> inline_;
  std::byte* begin_;
  std::byte* end_;
  std::size_t size_hint_ = 0;  // 0: short
  bool holds_scratch_ = false;
  Memory::Block block_;
  SharedBlocks shared_;
};

}  // namespace muster::detail

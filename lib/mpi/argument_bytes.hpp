#pragma once

#include <array>
#include <cstddef>

#include <muster/detail/shared_block.hpp>
#include <muster/encoder.hpp>

namespace muster::detail {

// Where the arguments of one task are encoded in rank 0, and lie until they are sent: a few bytes
// in this object, then on the heap. Large memory is kept for the next task (kept_memory.hpp).
class ArgumentBytes final : public Growth, private BlockSender {
 public:
  explicit ArgumentBytes(std::size_t size_hint);
  ~ArgumentBytes();
  ArgumentBytes(const ArgumentBytes&) = delete;
  ArgumentBytes& operator=(const ArgumentBytes&) = delete;

  std::byte* begin() { return begin_; }
  std::byte* end() { return end_; }

  // The bytes on the heap; they are the caller's then, to be given to give_memory().
  std::byte* take(std::size_t size);

  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override;
  BlockSender* blocks() noexcept override { return this; }

 private:
  BlockReference send(const std::shared_ptr<SharedBlock>& block) override;

  alignas(64) std::array<std::byte, 64> inline_;
  std::byte* heap_ = nullptr;
  std::byte* begin_;
  std::byte* end_;
  std::size_t size_hint_;
};

}  // namespace muster::detail

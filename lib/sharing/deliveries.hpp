#pragma once

// Blocks that came with results which nobody has read yet: of each such result, by a number that
// its state keeps. They outlive the pool, as futures do.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "lib/sharing/block_channel.hpp"

namespace muster::detail {

// Thread safety: all members, from any thread.
class Deliveries {
  // A Place is odd, or an address.
  static constexpr std::uint64_t kStep = 4;
  static constexpr std::uint64_t kMark = 2;

 public:
  static bool is_one(std::uint64_t number) { return number % kStep == kMark; }
  // A number that is never 0 and never that of a Place. The blocks are mapped now, so that they are
  // held like any other; of those that cannot be, receive() says why. Throws std::bad_alloc.
  static std::uint64_t add(std::vector<BlockInbox::Arrived> blocks);
  // Throws EncodingError where none of that id came with it.
  static std::shared_ptr<SharedBlock> receive(std::uint64_t delivery,
                                              const BlockReference& reference,
                                              SharedBlock::Access access);
  // Nothing for a number that is none.
  static void drop(std::uint64_t delivery) noexcept;
};

// One of them until a state keeps its number: dropped if none does.
class Delivery {
 public:
  Delivery() = default;  // none
  // Throws std::bad_alloc.
  explicit Delivery(std::vector<BlockInbox::Arrived> blocks)
      : number_(Deliveries::add(std::move(blocks))) {}
  Delivery(Delivery&& other) noexcept : number_(other.keep()) {}
  Delivery& operator=(Delivery other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Delivery() {
    if (number_ != 0) Deliveries::drop(number_);
  }

  // 0: none.
  std::uint64_t number() const noexcept { return number_; }
  // Whoever has the number drops it.
  std::uint64_t keep() noexcept { return std::exchange(number_, 0); }

 private:
  std::uint64_t number_ = 0;
};

}  // namespace muster::detail

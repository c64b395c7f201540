#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <vector>

#include <muster/error.hpp>

namespace muster {
class Encoder;
}

namespace muster::detail {

// A chunk of map is one task that runs several items. Its result is a stream of records that
// grows item by item, so that the items that were done can be kept when the worker dies:
//
//   record := header (8 bytes, at a multiple of 8) , `bytes` bytes
//   header := kind:2 | items:22 | bytes:40
//     kind values   `items` results, encoded back to back
//     kind failure  one item's exception, encoded
//     kind padding  no item; fills up to where the next piece begins
//
// An item is committed by one store of the header: its result's bytes first, then the header that
// counts them (release; a reader of a dead worker's bytes loads it once with acquire). A header
// whose `items` is 0 and that is no padding ends the stream.
// With checksums (ChunkProgress::sum_key) each item has a record of its own, and before it stands a
// padding record of 8 bytes: chunk_sum() of that record.
enum class ChunkRecord : std::uint64_t { values = 0, failure = 1, padding = 2 };

struct ChunkHeader {
  static constexpr std::uint64_t kMaxItems = (std::uint64_t{1} << 22) - 1;
  static constexpr std::uint64_t kMaxBytes = (std::uint64_t{1} << 40) - 1;

  static constexpr std::uint64_t pack(ChunkRecord kind, std::uint64_t items, std::uint64_t bytes) {
    return static_cast<std::uint64_t>(kind) << 62 | items << 40 | bytes;
  }
  static constexpr ChunkRecord kind(std::uint64_t word) {
    return static_cast<ChunkRecord>(word >> 62);
  }
  static constexpr std::uint64_t items(std::uint64_t word) { return word >> 40 & kMaxItems; }
  static constexpr std::uint64_t bytes(std::uint64_t word) { return word & kMaxBytes; }
};

// Pieces of a result that are put together begin at multiples of this, so that what is aligned in
// a piece stays aligned in the whole.
constexpr std::size_t kChunkPieceAlign = 64;

// Of the record of one item, `item` of its chunk; keyed, so that none of another time is taken for
// it.
std::uint64_t chunk_sum(std::uint64_t key, std::uint32_t item, std::uint64_t header,
                        const std::byte* data, std::size_t size);

// Of a chunk that a TravelBackend is given. A task that is not a chunk has 0 items.
struct ChunkInfo {
  std::uint32_t items = 0;
};

// Stands before each item of a chunk.
class ItemGate {
 public:
  // Returns when the item may be begun.
  virtual void pass() noexcept = 0;

 protected:
  ~ItemGate() = default;
};

// Hears of each item that threw, before its outcome is committed.
class ItemFailures {
 public:
  virtual void failed(const std::exception_ptr& error) noexcept = 0;

 protected:
  ~ItemFailures() = default;
};

// What the worker tells the chunk it runs, through TaskContext::chunk().
struct ChunkProgress {
  // Items that were done in an earlier run and are skipped in this one.
  std::uint32_t first = 0;
  // If one of the bits `stop_mask` is set in it: leave after the running item. May be null.
  const std::atomic<std::uint32_t>* stop = nullptr;
  std::uint32_t stop_mask = ~std::uint32_t{0};
  // Counts the items committed in this run (release, after the header); may be null.
  std::atomic<std::uint32_t>* items_done = nullptr;
  // Not 0: a checksum is noted with each item, keyed by that.
  std::uint64_t sum_key = 0;

  // May be null.
  ItemGate* gate = nullptr;
  ItemFailures* failures = nullptr;

  // False: the next item is not to be begun.
  bool begin_item() const noexcept {
    if (gate != nullptr) gate->pass();
    // Relaxed: a flag, nothing is published with it.
    return stop == nullptr || (stop->load(std::memory_order_relaxed) & stop_mask) == 0;
  }
};

// What a region holds of a chunk's result.
struct ChunkScan {
  std::uint32_t items = 0;  // committed
  std::size_t bytes = 0;    // of the records that hold them
};

// Walks the records in a region that a dead worker wrote until it has found as many items as that
// worker had `counted`. It may have been about to count one more: an item is committed before. But
// a record that has more than `most` items, all in all, is none. Trusts nothing in the region:
// every length is checked against it, every header is read once. REQUIRES: the region is aligned as
// a worker's block is.
ChunkScan scan_chunk(std::span<const std::byte> region, std::uint32_t counted, std::uint32_t most);

// Puts the whole result of a chunk together from what several runs committed.
class ChunkAssembly {
 public:
  // The items that one run committed, in order: see scan_chunk(). Returns how many there were.
  std::uint32_t add_piece(std::span<const std::byte> region, std::uint32_t counted,
                          std::uint32_t most);
  // The same of records with checksums, of which the first is that of item `first`. Of each that
  // matches the item is taken, also beyond what was counted; in place of the others that were
  // counted stands `spoiled`.
  std::uint32_t add_checked_piece(std::span<const std::byte> region, std::uint64_t key,
                                  std::uint32_t first, std::uint32_t counted, std::uint32_t most,
                                  const std::exception_ptr& spoiled);
  // One item that has no result: its worker died, or ran past its time.
  void add_failure(std::exception_ptr error);

  std::uint32_t items() const { return items_; }
  // To be given to StateBase::complete_raw() with RawKind::value.
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void pad(std::size_t behind = 0);

  std::vector<std::byte> bytes_;
  std::uint32_t items_ = 0;
};

}  // namespace muster::detail

#pragma once

// A pool's memory without a pool: all four segments, small, with an inaccessible page before and
// behind each, so that whoever reads or writes outside of one does not go on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/input.hpp"
#include "lib/inspect/held_segments.hpp"
#include "lib/inspect/snapshot.hpp"
#include "lib/segments/memfd.hpp"

namespace fuzz {

// Of memory that is mapped writable, all of it.
using Views = muster::detail::PoolViews;

// What a pool is looked at for: small enough that a fuzzer's few bytes reach all of it.
inline constexpr std::uint32_t kWorkers = 2;
inline constexpr std::uint32_t kSlots = 8;
inline constexpr std::uint32_t kCells = 2 * kSlots;
inline constexpr std::uint32_t kEvents = 8;  // of each ring
inline constexpr std::uint32_t kNames = 2;   // with fields of their own

muster::detail::Geometry small_geometry();

// Fields are of one of these, so that a few bytes reach each.
enum class FieldsOf {
  work,       // what moves tasks, and who is there
  telemetry,  // what tells of it
  clock,      // when the pool was made: what all times are told by
};
// Writes the input's bytes into every field that means something, in an order that stays.
void fill(const Views& views, Input& input, FieldsOf which);
// The bytes from which fill() makes the first workers, slots and cells of this pool.
std::vector<std::uint8_t> bytes_of(const Views& views, FieldsOf which);

class SmallPool {
 public:
  SmallPool();
  SmallPool(const SmallPool&) = delete;
  SmallPool& operator=(const SmallPool&) = delete;

  const Views& views() const { return views_; }
  std::span<std::byte> bytes(muster::detail::Segment which) const {
    return segments_[static_cast<std::size_t>(which)].bytes;
  }
  const muster::detail::Memfd& memory(muster::detail::Segment which) const {
    return segments_[static_cast<std::size_t>(which)].memory;
  }
  // Its bytes but for histograms of names without fields: those are megabytes, which nobody writes
  // but a worker.
  std::vector<std::span<std::byte>> stretches(muster::detail::Segment which) const;
  // Every byte of them but for counts of such names; those and what is left out become zeros.
  void wipe(std::byte with);
  // Their bytes.
  void copy(const SmallPool& from);
  // A header that is right in all, as the client writes it.
  void write_header();

 private:
  struct Guarded {
    muster::detail::Memfd memory;
    std::span<std::byte> bytes;
  };
  static Guarded make(const char* name, std::size_t size);

  std::array<Guarded, muster::detail::kSegments> segments_;
  Views views_;
};

}  // namespace fuzz

#pragma once

// Opens and maps a pool's memory for reading alone. Nothing here writes, locks or waits, so the
// pool cannot notice. The memory may be anything, from a pool that ends at this moment to a file
// that somebody made up: what is mapped is sealed against shrinking, and what is read by was
// checked and copied first.

#include <array>
#include <cstdint>
#include <optional>

#include <boost/interprocess/mapped_region.hpp>

#include "lib/inspect/header_check.hpp"
#include "lib/inspect/pool_finder.hpp"
#include "lib/inspect/snapshot.hpp"
#include "lib/segments/memfd.hpp"

namespace muster::detail {

// A pool's memory, mapped. Good for as long as this object lives, also after the pool's end.
// Nothing of it is open any more: who looks for pools would find this process, too.
class LoadedPool {
 public:
  using Region = boost::interprocess::mapped_region;

  // Of checked segments, by Segment, each mapped from its start.
  LoadedPool(const PoolConstants& constants, std::array<Region, kSegments> regions);

  const PoolConstants& constants() const { return constants_; }
  // Of the memory in `constants().geometry`.
  const PoolViews& views() const { return views_; }

 private:
  PoolConstants constants_;
  std::array<Region, kSegments> regions_;
  PoolViews views_;
};

struct PoolLoad {
  LoadError error = LoadError::none;
  std::optional<LoadedPool> pool;  // where there is no error
};

PoolLoad load_pool(const FoundPool& found);

// From descriptors opened for reading, by Segment. One that is missing is an error of its kind:
// corrupt. Made for those who have them from elsewhere.
PoolLoad load_segments(std::array<FileDescriptor, kSegments> segments);

}  // namespace muster::detail

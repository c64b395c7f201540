#pragma once

#include <cstddef>
#include <optional>

#include <muster/options.hpp>

namespace muster::detail {

// Decides how many items the next chunk of a map has.
//
// A chunk is to take some 250 us: long enough that what a task costs does not count, short enough
// that the workers end together. Until an item was measured the chunks are small, because items
// may take any time: one item for the first 64 chunks a worker, then 4 for 64 more, then 16.
class ChunkSizer {
 public:
  // Throws InvalidArgumentError for a chunksize or buffersize that makes no sense.
  ChunkSizer(const MapOptions& options, std::size_t workers);

  // `seconds_per_item` and `left`: empty where they are not known.
  std::size_t next(std::optional<double> seconds_per_item, std::optional<std::size_t> left);

 private:
  std::size_t unmeasured();

  std::size_t fixed_;  // 0: to be chosen
  std::size_t most_;   // 0: no bound
  std::size_t workers_;
  std::size_t chunks_ = 0;  // handed out unmeasured
};

}  // namespace muster::detail

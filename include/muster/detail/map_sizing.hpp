#pragma once

#include <cstddef>
#include <optional>

#include <muster/options.hpp>

namespace muster::detail {

// Decides how many items the next chunk of a map has.
//
// A chunk takes up to 1 ms: long enough that what a task costs, and its waiter's sleep, does not
// count. The first ones are shorter, so that all workers begin soon, and towards the end they are
// ever shorter, down to 25 us, so that all end together. Until an item was measured the chunks are
// small, because items may take any time: one item for the first 64 chunks a worker, then 4 for 64
// more, then 16.
class ChunkSizer {
 public:
  // Throws InvalidArgumentError for a chunksize or buffersize that makes no sense.
  ChunkSizer(const MapOptions& options, std::size_t workers);

  // `seconds_per_item` and `left`: empty where they are not known.
  std::size_t next(std::optional<double> seconds_per_item, std::optional<std::size_t> left);

 private:
  std::size_t measured(double seconds_per_item, std::optional<std::size_t> left);
  std::size_t unmeasured();

  std::size_t fixed_;  // 0: to be chosen
  std::size_t most_;   // 0: no bound
  std::size_t workers_;
  std::size_t chunks_ = 0;           // handed out unmeasured
  std::size_t measured_chunks_ = 0;  // handed out since
};

}  // namespace muster::detail

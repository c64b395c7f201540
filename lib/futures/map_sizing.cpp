#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <muster/detail/chunk.hpp>
#include <muster/detail/map_sizing.hpp>
#include <muster/error.hpp>

namespace muster::detail {
namespace {

constexpr double kShortest = 25e-6;
constexpr double kFirst = 50e-6;
constexpr double kLongest = 1e-3;
constexpr std::size_t kChunksPerWorkerLeft = 2;
constexpr std::size_t kUnmeasuredChunks = 64;
constexpr std::size_t kMostItems = ChunkHeader::kMaxItems;

void check(const char* what, std::size_t value) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  if (value > kMost)
    throw InvalidArgumentError(std::string(what) + " of map is " + std::to_string(value) +
                               ", which was a negative number: use 0 for the default, or how "
                               "many items are meant");
}

}  // namespace

ChunkSizer::ChunkSizer(const MapOptions& options, std::size_t workers)
    : fixed_(options.chunksize),
      most_(options.buffersize),
      workers_(std::max<std::size_t>(workers, 1)) {
  check("chunksize", options.chunksize);
  check("buffersize", options.buffersize);
  // A time limit is an item's own, so an item is a task unless the caller wants it otherwise.
  if (fixed_ == 0 && !options.task.task_timeout.is_zero()) fixed_ = 1;
  fixed_ = std::min(fixed_, kMostItems);
  // What is in flight is to be spread over the workers, with a chunk that waits for each.
  if (most_ != 0 && fixed_ == 0) most_ = std::max<std::size_t>(most_ / (2 * workers_), 1);
}

std::size_t ChunkSizer::next(std::optional<double> seconds_per_item,
                             std::optional<std::size_t> left) {
  std::size_t items = fixed_;
  if (items == 0) {
    if (seconds_per_item && *seconds_per_item > 0) {
      items = measured(*seconds_per_item, left);
    } else {
      items = unmeasured();
    }
  }
  if (most_ != 0) items = std::min(items, most_);
  return std::max<std::size_t>(items, 1);
}

std::size_t ChunkSizer::measured(double seconds_per_item, std::optional<std::size_t> left) {
  const double round = static_cast<double>(measured_chunks_++ / workers_);
  double seconds = std::min(kLongest, kFirst * std::exp2(std::min(round, 10.0)));
  if (left) {
    const double share = static_cast<double>(*left) * seconds_per_item /
                         static_cast<double>(workers_ * kChunksPerWorkerLeft);
    seconds = std::min(seconds, std::max(share, kShortest));
  }
  const double items = std::max(seconds / seconds_per_item, 1.0);
  return items < static_cast<double>(kMostItems) ? static_cast<std::size_t>(items) : kMostItems;
}

std::size_t ChunkSizer::unmeasured() {
  const std::size_t chunk = chunks_++;
  if (chunk < kUnmeasuredChunks * workers_) return 1;
  return chunk < kUnmeasuredChunks * workers_ + kUnmeasuredChunks ? 4 : 16;
}

}  // namespace muster::detail

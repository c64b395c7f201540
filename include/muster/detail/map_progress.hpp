#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <muster/detail/state.hpp>

namespace muster::detail {

// The progress bar of a map, on standard error. Thread safety: any.
class MapProgress {
 public:
  // Null where standard error is no terminal.
  static std::shared_ptr<MapProgress> make(std::optional<std::size_t> items);
  virtual ~MapProgress() = default;

  // Counts the items of a chunk when it ends, on the thread that tells callbacks.
  static void count(std::shared_ptr<MapProgress> progress, StateBase& chunk, std::size_t items);

  // More items have ended.
  virtual void add(std::size_t items) = 0;
  // Nothing is drawn after this.
  virtual void end() = 0;
};

}  // namespace muster::detail

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <muster/detail/chunk_result.hpp>
#include <muster/future.hpp>

namespace muster::detail {

// What is done with the results of a chunk before anybody reads them. Thread safety: any.
class ChunkKeeper {
 public:
  virtual ~ChunkKeeper() = default;

  // Returns when it is done, by this call or another one; nothing where the chunk failed.
  // REQUIRES: the chunk has ended.
  virtual void keep() noexcept = 0;

  // Calls keep() when the chunk ends, on the thread that tells callbacks. Throws as
  // Future::add_done_callback().
  static void watch(std::shared_ptr<ChunkKeeper> keeper, StateBase& chunk);
};

// One chunk that was submitted.
template <class R>
struct MapChunk {
  Future<ChunkResult<R>> future;
  std::size_t first = 0;  // the index of its first item
  std::size_t items = 0;
  std::shared_ptr<ChunkKeeper> keeper = nullptr;
};

// Inputs and target of a map, of which only the type of the results is left to see.
template <class R>
class MapFeed {
 public:
  virtual ~MapFeed() = default;

  // Reads at most `most` items and appends them to `chunks`, submitted as one chunk or, where
  // items turn out not to be encodable, more. Returns how many items; 0: the inputs have ended.
  virtual std::size_t submit(std::size_t most, std::vector<MapChunk<R>>& chunks) = 0;
  virtual std::optional<std::size_t> items_left() const = 0;
  virtual std::optional<double> seconds_per_item() const = 0;
  virtual std::size_t workers() const = 0;
  // The reading has come to the end. Throws what went wrong with results though they were given.
  virtual void finish() {}
};

// `Target` is where chunks are submitted, a pool of either kind with the callable:
//   std::size_t submit(std::vector<Item>& items, std::size_t from, Future<ChunkResult<R>>& future)
//     submits items beginning at `from` as one chunk and says how many they were, one at the
//     least; throws what submit throws
//   kTakesBytes, std::size_t submit(std::span<T> items, Future<ChunkResult<R>>& future)
//     whether it takes items that are single elements from where they are, and does
//   std::optional<double> seconds_per_item() const, std::size_t workers() const
template <class R, class Input, class Target>
class RangeFeed final : public MapFeed<R> {
 public:
  template <class... Views>
  explicit RangeFeed(Target target, Views&&... views)
      : target_(std::move(target)), input_(std::in_place, std::forward<Views>(views)...) {}

  std::size_t submit(std::size_t most, std::vector<MapChunk<R>>& chunks) override {
    if constexpr (Input::kContiguous && Target::kTakesBytes) {
      const auto items = input_.read_in_place(most);
      return submit_all(items.size(), chunks, [&](std::size_t from, auto& future) {
        return target_.submit(items.subspan(from), future);
      });
    } else {
      items_.clear();
      input_.read(most, items_);
      return submit_all(items_.size(), chunks, [&](std::size_t from, auto& future) {
        return target_.submit(items_, from, future);
      });
    }
  }
  std::optional<std::size_t> items_left() const override { return input_.left(); }
  std::optional<double> seconds_per_item() const override { return target_.seconds_per_item(); }
  std::size_t workers() const override { return target_.workers(); }

 private:
  template <class Submit>
  std::size_t submit_all(std::size_t items, std::vector<MapChunk<R>>& chunks, Submit&& submit) {
    for (std::size_t from = 0; from < items;) {
      MapChunk<R> chunk;
      chunk.first = next_;
      chunk.items = submit(from, chunk.future);
      from += chunk.items;
      next_ += chunk.items;
      chunks.push_back(std::move(chunk));
    }
    return items;
  }

  Target target_;
  Input input_;
  std::vector<typename Input::Item> items_;
  std::size_t next_ = 0;  // index
};

}  // namespace muster::detail

#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/completion_queue.hpp>
#include <muster/detail/map_feed.hpp>
#include <muster/detail/map_progress.hpp>
#include <muster/detail/map_sizing.hpp>
#include <muster/options.hpp>

namespace muster::detail {

enum class MapOrder { inputs, completion };

[[noreturn]] void throw_map_timeout(std::size_t items);
// For an item that its chunk says nothing of.
std::exception_ptr lost_item_error();

// The chunks of a map that were submitted and not read to their end, in the order of the inputs.
template <class R>
class ChunksInOrder {
 public:
  void add(MapChunk<R> chunk) { chunks_.push_back(std::move(chunk)); }
  bool empty() const { return chunks_.empty(); }
  // The next to be read, ended or not; the same until drop(). REQUIRES: not empty().
  MapChunk<R>* standing() { return &chunks_.front(); }
  // The same, once it has ended. Null: it has not before the deadline.
  MapChunk<R>* current(Deadline until) {
    return FutureAccess::state(standing()->future)->settle(until) ? standing() : nullptr;
  }
  void drop() { chunks_.pop_front(); }
  // Gives out all that are left.
  template <class F>
  void clear(F&& give) {
    for (MapChunk<R>& chunk : chunks_) give(chunk);
    chunks_.clear();
  }

 private:
  std::deque<MapChunk<R>> chunks_;
};

// The same, in the order in which they end.
template <class R>
class ChunksAsTheyEnd {
 public:
  void add(MapChunk<R> chunk) {
    const std::size_t number = chunk.first;
    StateBase& state = *FutureAccess::state(chunk.future);
    chunks_.emplace(number, std::move(chunk));
    queue_.watch(state, number);
  }
  bool empty() const { return chunks_.empty(); }
  // Null: which one it is will be seen when it ends.
  MapChunk<R>* standing() { return has_current_ ? &chunks_.at(current_) : nullptr; }
  MapChunk<R>* current(Deadline until) {
    if (!has_current_) {
      if (!queue_.next(until, current_)) return nullptr;
      has_current_ = true;
    }
    MapChunk<R>& chunk = chunks_.at(current_);
    FutureAccess::state(chunk.future)->settle(Deadline::never());
    return &chunk;
  }
  void drop() {
    chunks_.erase(current_);
    has_current_ = false;
  }
  template <class F>
  void clear(F&& give) {
    queue_.stop_watching();
    for (auto& [number, chunk] : chunks_) give(chunk);
    chunks_.clear();
    has_current_ = false;
  }

 private:
  std::unordered_map<std::size_t, MapChunk<R>> chunks_;
  CompletionQueue queue_;  // after what it watches
  std::size_t current_ = 0;
  bool has_current_ = false;
};

// A map under way: submits chunks as inputs may be read, and stands on one item.
//
// Destroyed before its end, and when its time is over, it cancels what has not started and stops
// chunks that run after their current item.
template <class R, MapOrder kOrder>
class MapRun {
 public:
  MapRun(std::unique_ptr<MapFeed<R>> feed, const MapOptions& options, Deadline until)
      : feed_(std::move(feed)),
        sizer_(options, feed_->workers()),
        buffersize_(options.buffersize),
        deadline_(until),
        progress_(options.progress ? MapProgress::make(feed_->items_left()) : nullptr) {}
  ~MapRun() {
    cancel_rest();
    if (progress_ != nullptr) progress_->end();
  }
  MapRun(const MapRun&) = delete;
  MapRun& operator=(const MapRun&) = delete;

  // Submits as much as may be in flight. Throws what reading an input or submitting throws, after
  // cancelling the rest; at the end of the items what MapFeed::finish() does.
  void fill() {
    try {
      while (!inputs_ended_ && submit_next()) {
      }
    } catch (...) {
      cancel_rest();
      throw;
    }
    filled_once_ = true;
    if (at_end()) feed_->finish();
  }

  bool at_end() const { return chunks_.empty(); }

  // The value under the cursor, if it is known that the item has one; else null, and current()
  // knows more.
  ValueOf<R>* good() const { return good_ != nullptr ? &good_->value : nullptr; }

  // Waits for the item under the cursor: its value, or null and its exception. Throws TimeoutError
  // when the time is over; it is at its end then. REQUIRES: not at_end().
  ValueOf<R>* current(std::exception_ptr& error, std::size_t& index) {
    leave_good();
    MapChunk<R>& chunk = wait_for_chunk();
    FutureState<ChunkResult<R>>& state = *FutureAccess::state(chunk.future);
    index = chunk.first + position_;
    if (state.phase() != Phase::succeeded) {
      error = state.error();
      return nullptr;
    }
    ChunkResult<R>& result = state.value();
    if (position_ >= result.size()) {
      error = lost_item_error();
      return nullptr;
    }
    if (result.failures() != 0 || result.size() != chunk.items)
      return result.find(position_, error);
    good_ = good_begin_ = result.values().data() + position_;
    // While there are inputs each step may submit some.
    good_last_ = inputs_ended_ ? result.values().data() + (chunk.items - 1) : good_;
    return &good_->value;
  }

  // Goes on to the next item. Throws as fill().
  void advance() {
    if (good_ != good_last_) [[likely]] {
      ++good_;
    } else {
      advance_slowly();
    }
  }

 private:
  void advance_slowly() {
    leave_good();
    if (at_end()) return;
    MapChunk<R>* chunk = chunks_.standing();
    if (chunk == nullptr) chunk = &wait_for_chunk();
    --in_flight_;
    if (++position_ == chunk->items) {
      position_ = 0;
      chunks_.drop();
    }
    fill();
  }
  // Makes up for the steps that only moved good_.
  void leave_good() {
    const auto steps = static_cast<std::size_t>(good_ - good_begin_);
    position_ += steps;
    in_flight_ -= steps;
    good_ = good_begin_ = good_last_ = nullptr;
  }

  bool submit_next() {
    std::size_t want = sizer_.next(feed_->seconds_per_item(), feed_->items_left());
    if (buffersize_ != 0) {
      const std::size_t room = buffersize_ - in_flight_;
      // Once the buffer was full, wait for room for a whole chunk, lest they become ever smaller.
      if (room == 0 || (filled_once_ && room < want && !chunks_.empty())) return false;
      want = want < room ? want : room;
    }
    std::vector<MapChunk<R>> fresh;
    try {
      inputs_ended_ = feed_->submit(want, fresh) == 0;
    } catch (...) {
      take(fresh);
      throw;
    }
    take(fresh);
    return true;
  }
  void take(std::vector<MapChunk<R>>& fresh) {
    for (MapChunk<R>& chunk : fresh) {
      in_flight_ += chunk.items;
      if (progress_ != nullptr)
        MapProgress::count(progress_, *FutureAccess::state(chunk.future), chunk.items);
      chunks_.add(std::move(chunk));
    }
  }

  MapChunk<R>& wait_for_chunk() {
    if (MapChunk<R>* chunk = chunks_.current(deadline_)) {
      if (chunk->keeper != nullptr) chunk->keeper->keep();
      return *chunk;
    }
    const std::size_t unread = in_flight_;
    cancel_rest();
    throw_map_timeout(unread);
  }

  void cancel_rest() noexcept {
    inputs_ended_ = true;
    chunks_.clear([](MapChunk<R>& chunk) {
      if (!chunk.future.cancel()) chunk.future.request_stop();
    });
    good_ = good_begin_ = good_last_ = nullptr;
    in_flight_ = 0;
    position_ = 0;
  }

  using Chunks =
      std::conditional_t<kOrder == MapOrder::inputs, ChunksInOrder<R>, ChunksAsTheyEnd<R>>;

  std::unique_ptr<MapFeed<R>> feed_;
  ChunkSizer sizer_;
  std::size_t buffersize_;
  Deadline deadline_;
  std::shared_ptr<MapProgress> progress_;
  Chunks chunks_;
  // The item, once its chunk was found to have no failure; from where on it was gone to without
  // counting, and where that ends. All null, or none.
  typename ChunkResult<R>::Stored* good_ = nullptr;
  typename ChunkResult<R>::Stored* good_begin_ = nullptr;
  typename ChunkResult<R>::Stored* good_last_ = nullptr;
  // Not counting the steps from good_begin_ to good_:
  std::size_t position_ = 0;   // of the item in its chunk
  std::size_t in_flight_ = 0;  // items submitted and not passed
  bool inputs_ended_ = false;
  bool filled_once_ = false;
};

}  // namespace muster::detail

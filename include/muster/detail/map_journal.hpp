#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <muster/detail/journal_identity.hpp>
#include <muster/detail/journal_key.hpp>
#include <muster/detail/journal_log.hpp>
#include <muster/detail/map_feed.hpp>
#include <muster/detail/scratch_encoder.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/detail/travel_state.hpp>
#include <muster/promise.hpp>

// A map whose results are kept in a journal: what is there already is given in place of running its
// items, and what comes in is written before anybody reads it.
namespace muster::detail {

[[noreturn]] void throw_no_journal(const std::type_info& callable);
[[noreturn]] void throw_captured_address(const std::filesystem::path& path,
                                         const std::exception_ptr& why);
std::exception_ptr no_key_error(const std::exception_ptr& why);

// Of an item. Without a key it has an error: its input cannot be encoded.
struct ItemKey {
  std::uint64_t key = 0;
  std::exception_ptr error = nullptr;
};

// Writes the results of one chunk to the journal.
template <class R>
class ChunkRecorder final : public ChunkKeeper {
 public:
  ChunkRecorder(std::shared_ptr<JournalLog> log, Future<ChunkResult<R>> chunk, std::size_t first,
                std::vector<ItemKey> keys)
      : log_(std::move(log)), chunk_(std::move(chunk)), first_(first), keys_(std::move(keys)) {}

  void keep() noexcept override {
    // The chunk's own lock: who reads its results waits until they are written.
    std::lock_guard lock(mutex_);
    if (!chunk_.valid()) return;
    FutureState<ChunkResult<R>>& state = *FutureAccess::state(chunk_);
    state.settle(Deadline::never());
    if (state.phase() == Phase::succeeded) record(state.value());
    chunk_ = {};
  }
  // Whether that is done.
  bool kept() {
    std::lock_guard lock(mutex_);
    return !chunk_.valid();
  }
  void keep_if_ended() noexcept {
    {
      std::lock_guard lock(mutex_);
      if (!chunk_.valid() || !FutureAccess::state(chunk_)->poll_done()) return;
    }
    keep();
  }

 private:
  void record(ChunkResult<R>& result) noexcept {
    std::size_t position = 0;
    try {
      JournalBatch batch;
      ScratchEncoder scratch;
      const std::size_t items = result.size() < keys_.size() ? result.size() : keys_.size();
      for (; position < items; ++position) {
        std::exception_ptr error;
        const ValueOf<R>* const value = result.find(position, error);
        if (value == nullptr) continue;
        if (keys_[position].error) std::rethrow_exception(no_key_error(keys_[position].error));
        Encoder& out = scratch.begin();
        if constexpr (!std::is_void_v<R>) encode_result<R>(out, *value);
        batch.add(first_ + position, keys_[position].key, scratch.bytes());
      }
      log_->append(batch);
    } catch (...) {
      log_->fail(first_ + position, std::current_exception());
    }
  }

  const std::shared_ptr<JournalLog> log_;
  std::mutex mutex_;
  Future<ChunkResult<R>> chunk_;  // valid until it was kept
  const std::size_t first_;       // the index of its first item
  const std::vector<ItemKey> keys_;
};

// A journal that was opened, and what the callable of the map adds to each item's input.
struct OpenJournal {
  std::shared_ptr<JournalLog> log;
  std::vector<std::byte> captures;
};

// REQUIRES: the callable travels.
template <class F, class R>
OpenJournal open_journal(const std::filesystem::path& path, const F& callable) {
  ScratchEncoder scratch;
  try {
    encode_captures(scratch.begin(), callable);
  } catch (const EncodingError&) {
    throw_captured_address(path, std::current_exception());
  }
  const auto bytes = scratch.bytes();
  return {JournalLog::open(path, identity_of<F, R>(callable)), {bytes.begin(), bytes.end()}};
}

// As RangeFeed. `Keys` is TravelKeys or ThreadKeys.
template <class R, class Input, class Target, class Keys>
class JournaledFeed final : public MapFeed<R> {
  using Item = typename Input::Item;

 public:
  template <class... Views>
  JournaledFeed(Target target, OpenJournal journal, Views&&... views)
      : target_(std::move(target)),
        journal_(std::move(journal)),
        input_(std::in_place, std::forward<Views>(views)...) {}
  ~JournaledFeed() override {
    keep_what_ended();
    journal_.log->close();
  }

  std::size_t submit(std::size_t most, std::vector<MapChunk<R>>& chunks) override {
    if (journal_.log->failed()) return 0;
    while (!recorders_.empty() && recorders_.front()->kept()) recorders_.pop_front();
    std::vector<Item> items;
    input_.read(most, items);
    for (std::size_t from = 0; from < items.size();) {
      from += submit_recorded(items, from, chunks);
      from += submit_others(items, from, chunks);
    }
    return items.size();
  }
  std::optional<std::size_t> items_left() const override { return input_.left(); }
  std::optional<double> seconds_per_item() const override { return target_.seconds_per_item(); }
  std::size_t workers() const override { return target_.workers(); }
  void finish() override {
    keep_what_ended();
    journal_.log->sync();
  }

 private:
  // One chunk of the items from there on that have results in the journal, ended already. Says how
  // many these are; the key of the one behind them is in next_key_.
  std::size_t submit_recorded(const std::vector<Item>& items, std::size_t from,
                              std::vector<MapChunk<R>>& chunks) {
    ChunkResult<R> found;
    for (std::size_t at = from; at < items.size(); ++at) {
      next_key_ = key(items[at]);
      if (!add_recorded(next_ + (at - from), *next_key_, found)) break;
      next_key_.reset();
    }
    const std::size_t count = found.size();
    if (count == 0) return 0;
    Promise<ChunkResult<R>> promise;
    MapChunk<R> chunk{promise.future(), next_, count};
    promise.set_result(std::move(found));
    chunks.push_back(std::move(chunk));
    next_ += count;
    return count;
  }
  bool add_recorded(std::size_t index, const ItemKey& key, ChunkResult<R>& found) {
    std::span<const std::byte> bytes;
    if (key.error || !journal_.log->find(index, key.key, bytes)) return false;
    const ModuleTable no_modules;
    Decoder in(bytes.data(), bytes.size(), &no_modules);
    try {
      found.add_from([&]() -> R { return decode_whole_result<R>(in); });
      return true;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (...) {
      return false;  // its Codec reads other bytes than it did then; the item is run
    }
  }

  // The items from there on that have none, up to the next that has one. Moves them.
  std::size_t submit_others(std::vector<Item>& items, std::size_t from,
                            std::vector<MapChunk<R>>& chunks) {
    std::vector<Item> run;
    std::vector<ItemKey> keys;
    std::size_t at = from;
    for (; at < items.size(); ++at) {
      ItemKey own = next_key_ ? std::move(*next_key_) : key(items[at]);
      next_key_.reset();
      ChunkResult<R> found;
      if (at != from && add_recorded(next_ + (at - from), own, found)) break;
      keys.push_back(std::move(own));
      run.push_back(std::move(items[at]));
    }
    for (std::size_t done = 0; done < keys.size();) {
      MapChunk<R> chunk;
      chunk.first = next_;
      chunk.items = target_.submit(run, done, chunk.future);
      const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(done);
      done += chunk.items;
      next_ += chunk.items;
      auto recorder = std::make_shared<ChunkRecorder<R>>(
          journal_.log, chunk.future, chunk.first,
          std::vector<ItemKey>(begin, begin + static_cast<std::ptrdiff_t>(chunk.items)));
      chunk.keeper = recorder;
      StateBase& state = *FutureAccess::state(chunk.future);
      chunks.push_back(std::move(chunk));
      recorders_.push_back(recorder);
      ChunkKeeper::watch(std::move(recorder), state);
    }
    return at - from;
  }

  ItemKey key(const Item& item) {
    Encoder& out = scratch_.begin();
    out.write(journal_.captures.data(), journal_.captures.size());
    try {
      Keys::encode(out, item);
    } catch (...) {
      return {0, std::current_exception()};
    }
    return {key_of(scratch_.bytes()), nullptr};
  }

  void keep_what_ended() noexcept {
    for (const auto& recorder : recorders_) recorder->keep_if_ended();
  }

  Target target_;
  OpenJournal journal_;
  Input input_;
  ScratchEncoder scratch_;
  std::deque<std::shared_ptr<ChunkRecorder<R>>> recorders_;  // the first of them not kept
  std::optional<ItemKey> next_key_;
  std::size_t next_ = 0;  // index
};

}  // namespace muster::detail

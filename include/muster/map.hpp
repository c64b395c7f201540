#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <muster/detail/map_run.hpp>
#include <muster/detail/outcome_cursor.hpp>
#include <muster/outcome.hpp>

namespace muster {

// The outcomes of a map: an input range of Outcome<R> that never throws. A map whose time is over
// gives TimeoutError as its last outcome.
template <class R, detail::MapOrder kOrder>
class [[nodiscard]] MapOutcomes {
  using Cursor = detail::OutcomeCursor<R, kOrder>;

 public:
  class Iterator {
   public:
    using value_type = Outcome<R>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;

    Outcome<R>&& operator*() const { return std::move(cursor_->current()); }
    Iterator& operator++() {
      cursor_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) {
      return it.cursor_->at_end();
    }

   private:
    friend MapOutcomes;
    explicit Iterator(Cursor* cursor) : cursor_(cursor) {}

    Cursor* cursor_ = nullptr;
  };

  explicit MapOutcomes(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}

  Iterator begin() { return Iterator(cursor_.get()); }
  std::default_sentinel_t end() const { return std::default_sentinel; }

 private:
  std::unique_ptr<Cursor> cursor_;
};

// An item of map_unordered. The result of a function that returns nothing is std::monostate.
template <class R>
struct MapItem {
  std::size_t index;  // of the input, from 0
  detail::ValueOf<R> result;
};

namespace detail {

// What MapResults and UnorderedMapResults have in common; `Item` is what their iterators give.
template <class R, MapOrder kOrder>
class MapRange {
 protected:
  using Run = MapRun<R, kOrder>;

 public:
  explicit MapRange(std::unique_ptr<Run> run) : run_(std::move(run)) {}

  // Each item's outcome, in place of its result or its exception. Reading goes on from where it
  // is; of an rvalue the outcomes own the map.
  auto outcomes() & {
    return MapOutcomes<R, kOrder>(std::make_unique<OutcomeCursor<R, kOrder>>(*run_));
  }
  auto outcomes() && {
    return MapOutcomes<R, kOrder>(std::make_unique<OutcomeCursor<R, kOrder>>(std::move(run_)));
  }

  std::default_sentinel_t end() const { return std::default_sentinel; }

 protected:
  std::unique_ptr<Run> run_;
};

template <class Run>
class MapIteratorBase {
 public:
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  friend bool operator==(const MapIteratorBase& it, std::default_sentinel_t) {
    return it.run_->at_end();
  }

 protected:
  MapIteratorBase() = default;
  explicit MapIteratorBase(Run* run) : run_(run) {}

  Run* run_ = nullptr;
};

}  // namespace detail

// The results of a map in the order of its inputs: an input range, read forward and once. `*it`
// waits for the item, rethrows what it threw, and can be moved from; the iteration can go on with
// ++it after that. When the map's time is over `*it` throws TimeoutError and the range is at its
// end. The result of a function that returns nothing is std::monostate.
//
// Destroyed early, it cancels what has not started. Can be moved, also between begin() and the end.
//
// Thread safety: none; one thread at a time.
template <class R>
class [[nodiscard]] MapResults : public detail::MapRange<R, detail::MapOrder::inputs> {
  using Base = detail::MapRange<R, detail::MapOrder::inputs>;
  using Run = typename Base::Run;

 public:
  class Iterator : public detail::MapIteratorBase<Run> {
   public:
    using value_type = detail::ValueOf<R>;

    Iterator() = default;

    value_type&& operator*() const {
      value_type* value = this->run_->good();
      if (value == nullptr) {
        std::exception_ptr error;
        std::size_t index;
        value = this->run_->current(error, index);
        if (value == nullptr) std::rethrow_exception(error);
      }
      return std::move(*value);
    }
    // With MapOptions::buffersize it reads inputs, and throws what they throw.
    Iterator& operator++() {
      this->run_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }

   private:
    friend MapResults;
    explicit Iterator(Run* run) : detail::MapIteratorBase<Run>(run) {}
  };

  using Base::Base;

  // Where the reading stands; the same as long as nothing is read.
  Iterator begin() { return Iterator(this->run_.get()); }
};

// The items of map_unordered as they end; else as MapResults.
template <class R>
class [[nodiscard]] UnorderedMapResults : public detail::MapRange<R, detail::MapOrder::completion> {
  using Base = detail::MapRange<R, detail::MapOrder::completion>;
  using Run = typename Base::Run;

 public:
  class Iterator : public detail::MapIteratorBase<Run> {
   public:
    using value_type = MapItem<R>;

    Iterator() = default;

    value_type&& operator*() const {
      if (!*item_) {
        std::exception_ptr error;
        std::size_t index;
        detail::ValueOf<R>* value = this->run_->current(error, index);
        if (value == nullptr) std::rethrow_exception(error);
        *item_ = MapItem<R>{index, std::move(*value)};
      }
      return std::move(**item_);
    }
    Iterator& operator++() {
      item_->reset();
      this->run_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }

   private:
    friend UnorderedMapResults;
    Iterator(Run* run, std::optional<MapItem<R>>* item)
        : detail::MapIteratorBase<Run>(run), item_(item) {}

    std::optional<MapItem<R>>* item_ = nullptr;
  };

  explicit UnorderedMapResults(std::unique_ptr<Run> run)
      : Base(std::move(run)), item_(std::make_unique<std::optional<MapItem<R>>>()) {}

  Iterator begin() { return Iterator(this->run_.get(), item_.get()); }

 private:
  // On the heap, so that iterators outlive a move.
  std::unique_ptr<std::optional<MapItem<R>>> item_;
};

}  // namespace muster

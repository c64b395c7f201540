#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/detail/travel.hpp>

// The inputs of a map, read one zipped item after another.
namespace muster::detail {

// Whether a range owns its elements for sure, so that they may be moved out of an rvalue of it.
template <class R>
concept OwnsElements = requires { typename R::allocator_type; } || kIsStdArray<R>;

// One range, read once. An element is taken from it when it is asked for and not before: neither
// begin() nor ++ is called ahead.
template <class View, bool kMoveElements>
class InputCursor {
 public:
  using Value = std::ranges::range_value_t<View>;

  explicit InputCursor(View view) : view_(std::move(view)) {}

  // Goes to the next element. False: there is none.
  bool advance() {
    if (!it_)
      it_.emplace(std::ranges::begin(view_));
    else
      ++*it_;
    return *it_ != std::ranges::end(view_);
  }
  Value take() { return value_at(*it_); }

  // For ranges that can be read by counting: where the next element is.
  static constexpr bool kCountable =
      std::ranges::random_access_range<View> && std::ranges::sized_range<View>;
  // For those that lie side by side and may be copied as bytes.
  static constexpr bool kContiguous =
      kCountable && std::ranges::contiguous_range<View> && std::is_trivially_copyable_v<Value>;
  std::ranges::iterator_t<View> place() {
    if (!it_) it_.emplace(std::ranges::begin(view_));
    return *it_;
  }
  void set_place(std::ranges::iterator_t<View> place) { *it_ = std::move(place); }

  static Value value_at(std::ranges::iterator_t<View>& it) {
    if constexpr (kMoveElements)
      return static_cast<Value>(std::ranges::iter_move(it));
    else
      return static_cast<Value>(*it);
  }
  // Elements there are in all, where the range says so.
  std::optional<std::size_t> size() {
    if constexpr (std::ranges::sized_range<View>)
      return static_cast<std::size_t>(std::ranges::size(view_));
    else
      return std::nullopt;
  }

 private:
  View view_;
  std::optional<std::ranges::iterator_t<View>> it_;
};

template <class R>
using CursorFor = InputCursor<std::views::all_t<R>, !std::is_lvalue_reference_v<R> &&
                                                        OwnsElements<std::remove_cvref_t<R>>>;

// `Cursors` are InputCursor; the shortest ends the items.
template <class... Cursors>
class MapInput {
 public:
  using Item = std::tuple<typename Cursors::Value...>;

  template <class... Views>
  explicit MapInput(std::in_place_t, Views&&... views) : cursors_(std::forward<Views>(views)...) {
    left_ = std::apply(
        [](Cursors&... cursors) {
          std::optional<std::size_t> least;
          const auto bound = [&least](std::optional<std::size_t> size) {
            if (size) least = std::min(least.value_or(*size), *size);
          };
          (bound(cursors.size()), ...);
          return least;
        },
        cursors_);
  }

  // Appends at most `most` items. What reading an input throws comes through, with the items
  // before it appended; there are no more then.
  void read(std::size_t most, std::vector<Item>& items) {
    if constexpr ((Cursors::kCountable && ...))
      read_counting(std::min(most, *left_), items);
    else
      read_stepping(most, items);
  }

  // Whether items are the elements of one range, which can be had where they lie.
  static constexpr bool kContiguous = sizeof...(Cursors) == 1 && (Cursors::kContiguous && ...);

  // The next elements, at most `most`. REQUIRES: kContiguous.
  auto read_in_place(std::size_t most) {
    auto& cursor = std::get<0>(cursors_);
    const std::size_t count = std::min(most, *left_);
    const auto begin = cursor.place();
    const std::span elements(std::to_address(begin), count);
    cursor.set_place(begin + static_cast<std::iter_difference_t<decltype(begin)>>(count));
    *left_ -= count;
    return elements;
  }

  std::optional<std::size_t> left() const { return left_; }

 private:
  void read_counting(std::size_t count, std::vector<Item>& items) {
    items.reserve(items.size() + count);
    const std::size_t left = *left_ - count;
    left_ = 0;  // should one of them throw
    std::apply(
        [&](Cursors&... cursors) {
          std::tuple places(cursors.place()...);
          for (; count > 0; --count) {
            std::apply(
                [&](auto&... place) {
                  items.push_back(Item{Cursors::value_at(place)...});
                  (++place, ...);
                },
                places);
          }
          std::apply([&](auto&... place) { (cursors.set_place(place), ...); }, places);
        },
        cursors_);
    left_ = left;
  }

  void read_stepping(std::size_t most, std::vector<Item>& items) {
    while (most-- > 0 && !ended_) {
      ended_ = true;  // should one of them throw
      const bool more = std::apply([](Cursors&... c) { return (c.advance() && ...); }, cursors_);
      if (!more) return;
      items.push_back(std::apply([](Cursors&... c) { return Item{c.take()...}; }, cursors_));
      ended_ = false;
      if (left_ && *left_ > 0) --*left_;
    }
  }

  std::tuple<Cursors...> cursors_;
  // A guess, unless all can be counted: the size of the shortest range that knows its size.
  std::optional<std::size_t> left_;
  bool ended_ = false;
};

template <class... Rs>
using MapInputFor = MapInput<CursorFor<Rs>...>;

}  // namespace muster::detail

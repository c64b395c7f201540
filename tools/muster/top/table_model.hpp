#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "page.hpp"
#include "screen_text.hpp"

namespace muster_tool::top {

// What rows are put in order by: the number, then the text.
struct SortKey {
  double number = 0;
  std::string_view text;
};

template <class Row>
struct Column {
  std::string_view title;
  std::string_view word;  // as the command line has it: "run-time"
  Align align = Align::left;
  bool descending = false;  // the greatest first, where one has not said otherwise
  bool stretches = false;   // has what room the others leave
  // Of those that do not fit beside each other, the ones with a higher number go first.
  int rank = 0;
  std::string (*text)(const Row&) = nullptr;
  SortKey (*key)(const Row&) = nullptr;
};

template <class Row>
std::optional<std::size_t> find_column(std::span<const Column<Row>> columns,
                                       std::string_view word) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].word == word) return i;
  }
  return std::nullopt;
}

// Rows in an order, those that a filter lets through, and a place among them.
//
// A Row has `std::string id() const`, which tells it from the others and stays, and `Style style()
// const`.
template <class Row>
class TableModel {
 public:
  explicit TableModel(std::span<const Column<Row>> columns) : columns_(columns) {}

  void set_rows(std::vector<Row> rows) {
    rows_ = std::move(rows);
    arrange();
  }
  const std::vector<Row>& rows() const { return rows_; }

  // How many the filter lets through.
  std::size_t shown() const { return order_.size(); }
  const Row& shown(std::size_t place) const { return rows_[order_[place]]; }

  // The one that keys are about; null where there is none.
  const Row* selected() const { return order_.empty() ? nullptr : &shown(place_); }
  std::size_t place() const { return place_; }

  // To another row. From then on that row is kept to, wherever it goes; at the start, and after
  // to_start(), it is whichever comes first.
  void move(std::ptrdiff_t by) {
    if (order_.empty()) return;
    const auto last = static_cast<std::ptrdiff_t>(order_.size()) - 1;
    const auto to = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(place_) + by, 0, last);
    place_ = static_cast<std::size_t>(to);
    kept_ = shown(place_).id();
  }
  void to_start() {
    place_ = 0;
    kept_.reset();
  }
  void to_end() { move(static_cast<std::ptrdiff_t>(order_.size())); }
  // Keeps to the one selected, also where it was whichever came first.
  void keep() { move(0); }

  void sort_by(std::size_t column) {
    sorted_by_ = column;
    descending_ = columns_[column].descending;
    arrange();
  }
  void sort_by_next(std::ptrdiff_t by) {
    const auto count = static_cast<std::ptrdiff_t>(columns_.size());
    sort_by(
        static_cast<std::size_t>((static_cast<std::ptrdiff_t>(sorted_by_) + by + count) % count));
  }
  void reverse() {
    descending_ = !descending_;
    arrange();
  }
  const Column<Row>& sorted_by() const { return columns_[sorted_by_]; }
  bool descending() const { return descending_; }

  // Only rows that have this text in any of their columns. "": all.
  void set_filter(std::string_view text) {
    filter_ = to_lower(text);
    arrange();
  }
  const std::string& filter() const { return filter_; }

  // The titles, and below them rows that fill `height` lines, among them the one selected.
  Page lines(std::size_t width, std::size_t height) {
    const std::size_t rows = height == 0 ? 0 : height - 1;
    scroll(rows);
    const Cells cells = cells_of(first_, std::min(first_ + rows, shown()));
    // Room for the mark, too; and no column becomes narrower, so that they stay where they are.
    widths_ = widths_of(cells, widths_, 1);
    return draw(cells, first_, choose(widths_, width), true);
  }
  // Titles and all rows, as wide as they are.
  Page all_lines() const {
    const Cells cells = cells_of(0, shown());
    return draw(cells, 0, choose(widths_of(cells, {}, 0), kNoLimit), false);
  }

 private:
  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);
  using Cells = std::vector<std::vector<std::string>>;

  static constexpr std::size_t kLeastStretched = 12;

  bool passes(const Row& row) const {
    return filter_.empty() ||
           std::any_of(columns_.begin(), columns_.end(), [&](const auto& column) {
             return contains_lower(column.text(row), filter_);
           });
  }

  void arrange() {
    order_.clear();
    std::vector<SortKey> keys(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!passes(rows_[i])) continue;
      order_.push_back(i);
      keys[i] = columns_[sorted_by_].key(rows_[i]);
    }
    const auto less = [&](std::size_t a, std::size_t b) {
      const SortKey& left = keys[descending_ ? b : a];
      const SortKey& right = keys[descending_ ? a : b];
      return left.number != right.number ? left.number < right.number : left.text < right.text;
    };
    std::stable_sort(order_.begin(), order_.end(), less);
    find_kept();
  }

  void find_kept() {
    if (order_.empty()) {
      place_ = 0;
      return;
    }
    place_ = std::min(place_, order_.size() - 1);
    if (!kept_) {
      place_ = 0;
      return;
    }
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (shown(i).id() == *kept_) {
        place_ = i;
        return;
      }
    }
  }

  void scroll(std::size_t rows) {
    const std::size_t last_first = shown() > rows ? shown() - rows : 0;
    if (place_ < first_) first_ = place_;
    if (rows != 0 && place_ >= first_ + rows) first_ = place_ - rows + 1;
    first_ = std::min(first_, last_first);
  }

  std::string title(std::size_t column) const {
    std::string text(columns_[column].title);
    if (column == sorted_by_) text += descending_ ? "\u25bc" : "\u25b2";
    return text;
  }

  // Between columns. Where there are marks, titles have room for one already.
  static std::size_t gap(bool marks) { return marks ? 1 : 2; }

  struct Shown {
    std::size_t column = 0;
    std::size_t width = 0;
  };

  // The columns that have room, with their widths.
  std::vector<Shown> choose(std::vector<std::size_t> widths, std::size_t room) const {
    const std::size_t between = gap(room != kNoLimit);
    std::vector<bool> gone(columns_.size(), false);
    const auto needed = [&] {
      std::size_t sum = 0;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (gone[i]) continue;
        const bool cut = columns_[i].stretches && room != kNoLimit;
        sum += between + (cut ? std::min(widths[i], kLeastStretched) : widths[i]);
      }
      return sum - between;
    };
    while (needed() > room) {
      std::optional<std::size_t> worst;
      std::size_t left = 0;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (gone[i]) continue;
        ++left;
        if (!worst || columns_[i].rank >= columns_[*worst].rank) worst = i;
      }
      if (left == 1) break;
      gone[*worst] = true;
    }
    std::size_t used = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!gone[i]) used += between + (columns_[i].stretches ? 0 : widths[i]);
    }
    std::vector<Shown> chosen;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (gone[i]) continue;
      if (columns_[i].stretches && room != kNoLimit) {
        widths[i] =
            std::min(widths[i], std::max(kLeastStretched, room + between - std::min(room, used)));
      }
      chosen.push_back({i, widths[i]});
    }
    return chosen;
  }

  // Of rows from one place to before another.
  Cells cells_of(std::size_t from, std::size_t to) const {
    Cells cells;
    for (std::size_t place = from; place < to; ++place) {
      std::vector<std::string>& row = cells.emplace_back();
      for (const Column<Row>& column : columns_) row.push_back(column.text(shown(place)));
    }
    return cells;
  }

  // `least`: at least these. `more`: than the titles need.
  std::vector<std::size_t> widths_of(const Cells& cells, std::vector<std::size_t> least,
                                     std::size_t more) const {
    least.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      least[i] = std::max(least[i], columns(columns_[i].title) + more);
      for (const auto& row : cells) least[i] = std::max(least[i], columns(row[i]));
    }
    return least;
  }

  // `marks`: what is sorted by and selected is to be seen.
  Page draw(const Cells& cells, std::size_t from, const std::vector<Shown>& chosen,
            bool marks) const {
    const std::string between(gap(marks), ' ');
    const auto line_of = [&](const auto& text_of) {
      std::string line;
      for (const Shown& column : chosen) {
        if (!line.empty()) line += between;
        line += fit(text_of(column.column), column.width, columns_[column.column].align);
      }
      return line;
    };
    Page page;
    page.emplace_back(
        line_of([&](std::size_t i) { return marks ? title(i) : std::string(columns_[i].title); }),
        Style::heading);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Line line(line_of([&](std::size_t column) { return cells[i][column]; }),
                shown(from + i).style());
      line.selected = marks && from + i == place_;
      page.push_back(std::move(line));
    }
    return page;
  }

  static std::size_t columns(std::string_view text) { return top::columns(text); }

  std::span<const Column<Row>> columns_;
  std::vector<Row> rows_;
  std::vector<std::size_t> order_;  // of rows_, those shown
  std::size_t sorted_by_ = 0;
  bool descending_ = false;
  std::string filter_;
  std::size_t place_ = 0;
  std::size_t first_ = 0;            // shown at the top
  std::optional<std::string> kept_;  // none: whichever comes first
  std::vector<std::size_t> widths_;  // of columns, so far
};

}  // namespace muster_tool::top

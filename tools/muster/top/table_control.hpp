#pragma once

#include <optional>
#include <string>

#include <fmt/format.h>

#include "key.hpp"
#include "page.hpp"
#include "table_model.hpp"

namespace muster_tool::top {

// As UTF-8.
std::string to_utf8(char32_t character);
// Without its last character.
void drop_last(std::string& utf8);

// A table that keys act on, and the filter as it is typed.
template <class Row>
class TableControl {
 public:
  explicit TableControl(std::span<const Column<Row>> columns) : table(columns) {}

  // False: the key is not one of the table's.
  bool press(Key key) {
    if (typed_) {
      type(key);
      return true;
    }
    const auto rows = static_cast<std::ptrdiff_t>(page_rows_);
    switch (key.code) {
      case Key::Code::up: table.move(-1); return true;
      case Key::Code::down: table.move(1); return true;
      case Key::Code::page_up: table.move(-rows); return true;
      case Key::Code::page_down: table.move(rows); return true;
      case Key::Code::home: table.to_start(); return true;
      case Key::Code::end: table.to_end(); return true;
      case Key::Code::character: return press(key.character);
      default: return false;
    }
  }

  bool is_typing() const { return typed_.has_value(); }

  Page lines(Size size) {
    page_rows_ = size.rows > 1 ? size.rows - 1 : 1;
    return table.lines(size.columns, size.rows);
  }

  // "filter: def_", or which rows there are and in which order.
  Line status() const {
    if (typed_)
      return Line(fmt::format("filter: {}_   Enter keeps it, Esc drops it", screen_text(*typed_)));
    std::string text =
        fmt::format("{} of {}", table.shown() == 0 ? 0 : table.place() + 1, table.shown());
    Line line(std::move(text));
    if (!table.filter().empty()) {
      line.add(fmt::format(" with \"{}\", of {}", screen_text(table.filter()), table.rows().size()),
               Style::warning);
    }
    return line.add(
        fmt::format("  by {}{}", table.sorted_by().title, table.descending() ? ", falling" : ""));
  }

  TableModel<Row> table;

 private:
  bool press(char32_t character) {
    switch (character) {
      case 'k': table.move(-1); return true;
      case 'j': table.move(1); return true;
      case 'g': table.to_start(); return true;
      case 'G': table.to_end(); return true;
      case 's':
      case '>': table.sort_by_next(1); return true;
      case '<': table.sort_by_next(-1); return true;
      case 'r': table.reverse(); return true;
      case '/': typed_ = table.filter(); return true;
      default: return false;
    }
  }

  void type(Key key) {
    switch (key.code) {
      case Key::Code::enter: typed_.reset(); return;
      case Key::Code::escape:
        typed_.reset();
        table.set_filter("");
        return;
      case Key::Code::backspace: drop_last(*typed_); break;
      case Key::Code::character: *typed_ += to_utf8(key.character); break;
      default: return;
    }
    table.set_filter(*typed_);
  }

  std::optional<std::string> typed_;
  std::size_t page_rows_ = 1;  // when it was drawn last
};

}  // namespace muster_tool::top

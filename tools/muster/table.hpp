#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace muster_tool {

// Rows of cells, printed in columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string_view title;
    Align align = Align::left;
  };

  Table(std::initializer_list<Column> columns) : columns_(columns) {}

  // As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // The titles and the rows, a line each, without spaces at their ends.
  std::string str() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster_tool

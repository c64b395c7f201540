#include "table.hpp"

#include <algorithm>

#include "text.hpp"

namespace muster_tool {

std::string Table::str() const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].emplace_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());

  std::vector<std::size_t> widths(columns_.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string padding(widths[i] - width(line[i]), ' ');
      if (i != 0) text += "  ";
      text += columns_[i].align == Align::right ? padding + line[i] : line[i] + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace muster_tool

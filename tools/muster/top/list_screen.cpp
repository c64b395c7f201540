#include "list_screen.hpp"

#include <utility>

#include <fmt/format.h>

#include "tools/muster/text.hpp"

namespace muster_tool::top {

bool ListScreen::look() {
  muster::PoolList list = muster::list_pools(options_);
  unreadable_ = list.unreadable.size();
  hidden_ = list.hidden.size();
  model_.add(std::move(list.pools));
  control_.table.set_rows(model_.rows());
  return true;
}

Line ListScreen::title() const {
  Line line(counted(model_.rows().size(), "pool", "pools"), Style::strong);
  if (unreadable_ != 0) {
    line.add(fmt::format("; {} cannot be read", unreadable_), Style::warning);
  }
  if (hidden_ != 0) {
    line.add("; what " + counted(hidden_, "process has", "processes have") + " is hidden",
             Style::dim);
  }
  if (unreadable_ + hidden_ != 0) line.add(": \"muster ls\" names them", Style::dim);
  return line;
}

Page ListScreen::page(Size size) {
  Page page{title(), Line()};
  const std::size_t rows = size.rows - page.size();
  for (Line& line : control_.lines({rows, size.columns})) page.push_back(std::move(line));
  if (model_.rows().empty()) page.emplace_back("There are no pools that can be seen.");
  return page;
}

Step ListScreen::press(Key key) {
  if (control_.press(key)) return {};
  const PoolRow* const row = control_.table.selected();
  if (key.code == Key::Code::enter && row != nullptr) {
    return {.kind = Step::Kind::open_pool, .pool = row->pool.id};
  }
  return {};
}

}  // namespace muster_tool::top

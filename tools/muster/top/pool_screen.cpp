#include "pool_screen.hpp"

#include <utility>

#include "pool_header.hpp"

namespace muster_tool::top {

bool PoolScreen::look() {
  pool_->look();
  control_.table.set_rows(pool_->model().workers());
  return true;
}

Page PoolScreen::page(Size size) {
  Page page = pool_header(pool_->model(), size);
  if (pool_->has_ended()) page.push_back(ended_notice());
  const std::size_t rows = size.rows - page.size();
  for (Line& line : control_.lines({rows, size.columns})) page.push_back(std::move(line));
  return page;
}

Step PoolScreen::press(Key key) {
  if (control_.press(key)) return {};
  const WorkerRow* const row = control_.table.selected();
  if (row == nullptr) return {};
  const Step step = worker_step(key, row->worker.index);
  // It stays the one that is selected, whatever becomes of the order.
  if (step.kind != Step::Kind::none) control_.table.keep();
  return step;
}

Step worker_step(Key key, std::size_t worker) {
  if (key.code == Key::Code::enter) return {.kind = Step::Kind::open_worker, .worker = worker};
  if (key.code != Key::Code::character) return {};
  switch (key.character) {
    case 'd': return {.kind = Step::Kind::show_stack, .worker = worker};
    case 'K': return {.kind = Step::Kind::ask_to_kill, .worker = worker};
    default: return {};
  }
}

Line ended_notice() {
  return Line("The pool has ended; this was seen last. p: back to the pools", Style::warning);
}

}  // namespace muster_tool::top

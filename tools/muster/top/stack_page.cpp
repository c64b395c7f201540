#include "stack_page.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "screen_text.hpp"
#include "tools/muster/symbols.hpp"

namespace muster_tool::top {

Page stack_page(muster::PoolInspector& pool, const muster::WorkerStats& worker) {
  Page page{
      Line(fmt::format("Stack of worker {} (pid {})", worker.index, worker.pid), Style::strong)};
  if (worker.task_id != 0) {
    page.emplace_back(
        fmt::format("runs \"{}\" (task {})", screen_text(worker.task_name), worker.task_id));
  }
  page.emplace_back();
  std::vector<std::uintptr_t> frames;
  try {
    frames = pool.stack(worker.index);
  } catch (const muster::PoolInspector::NoAnswer& error) {
    page.emplace_back(screen_text(error.what()), Style::warning);
    return page;
  }
  Symbolizer symbols(worker.pid);
  std::size_t number = 0;
  for (const std::uintptr_t frame : frames) {
    for (const std::string& line : symbols.describe(frame)) {
      page.emplace_back(fmt::format("{:3}  {}", number++, screen_text(line)));
    }
  }
  return page;
}

}  // namespace muster_tool::top

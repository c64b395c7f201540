#include "stack_page.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "lib/inspect/stack_reader.hpp"
#include "screen_text.hpp"
#include "tools/muster/ask_worker.hpp"
#include "tools/muster/symbols.hpp"

namespace muster_tool::top {

namespace {

constexpr std::chrono::seconds kPatience{1};

}  // namespace

Page stack_page(muster::PoolInspector& pool, const muster::WorkerStats& worker) {
  Page page{
      Line(fmt::format("Stack of worker {} (pid {})", worker.index, worker.pid), Style::strong)};
  if (worker.task_id != 0) {
    page.emplace_back(
        fmt::format("runs \"{}\" (task {})", screen_text(worker.task_name), worker.task_id));
  }
  page.emplace_back();
  Frames frames;
  // Before it is asked: it may end afterwards.
  Symbolizer symbols(worker.pid);
  Unwinder unwinder(worker.pid);
  try {
    frames = ask_worker(pool, worker, kPatience, unwinder);
  } catch (const muster::detail::NoAnswer& error) {
    page.emplace_back(screen_text(error.what()), Style::warning);
    return page;
  }
  std::size_t number = 0;
  for (const std::uintptr_t frame : frames.addresses) {
    for (const std::string& line : symbols.describe(frame)) {
      page.emplace_back(fmt::format("{:3}  {}", number++, screen_text(line)));
    }
  }
  if (frames.end != Frames::End::outermost) page.emplace_back("     its callers cannot be told");
  return page;
}

}  // namespace muster_tool::top

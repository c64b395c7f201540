#pragma once

#include <optional>
#include <span>
#include <string>

#include <muster/stats.hpp>

#include "page.hpp"
#include "table_model.hpp"
#include "tools/muster/stuck.hpp"

namespace muster_tool::top {

// A worker, and what two looks at it tell.
struct WorkerRow {
  muster::WorkerStats worker;
  // Of a processor. None: it is new, or has been replaced meanwhile.
  std::optional<double> cpu;
  std::optional<double> done_per_second;

  bool runs() const { return has_task(worker); }
  std::string id() const { return std::to_string(worker.index); }
  Style style() const;
};

std::span<const Column<WorkerRow>> worker_columns();

// "deflate", "-" where it runs nothing.
std::string task_of(const WorkerRow& row);

}  // namespace muster_tool::top

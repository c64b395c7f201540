#pragma once

#include <optional>
#include <span>
#include <string>

#include <muster/inspect.hpp>

#include "numbers.hpp"
#include "page.hpp"
#include "table_model.hpp"

namespace muster_tool::top {

// A pool in the list, and what two looks at it tell.
struct PoolRow {
  muster::PoolInfo pool;
  std::optional<double> done_per_second;
  std::optional<Quantiles> run_time;  // of the tasks since the look before; at first of all

  std::string id() const { return pool.id; }
  Style style() const;
};

std::span<const Column<PoolRow>> pool_columns();

Style style_of(muster::PoolState state);

}  // namespace muster_tool::top

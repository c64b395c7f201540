#pragma once

#include <utility>

#include "lib/inspect/choice.hpp"
#include "lib/inspect/event_reader.hpp"

namespace muster {

struct PoolInspector::Pool {
  explicit Pool(detail::ChosenPool pool) : chosen(std::move(pool)), events(chosen.pool) {}

  detail::ChosenPool chosen;
  detail::EventReader events;
};

}  // namespace muster

#pragma once

#include "page.hpp"
#include "pool_model.hpp"

namespace muster_tool::top {

// The lines about a pool that stand above its workers. Where `rows` of the screen are few there are
// fewer of them, and where columns are few there is less in them.
Page pool_header(const PoolModel& model, Size screen);

// The same without graphs and at whatever width it has.
Page pool_summary(const PoolModel& model);

}  // namespace muster_tool::top

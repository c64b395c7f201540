#pragma once

#include "page.hpp"
#include "pool_model.hpp"
#include "task_history.hpp"
#include "worker_row.hpp"

namespace muster_tool::top {

// All that is known of one worker; its last tasks at the end.
Page worker_page(const PoolModel& model, std::size_t index, const TaskHistory& history,
                 std::size_t width);

}  // namespace muster_tool::top

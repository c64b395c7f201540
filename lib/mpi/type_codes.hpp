#pragma once

#include <muster/detail/modules.hpp>
#include <muster/detail/task_type.hpp>

#include "lib/mpi/wire.hpp"

namespace muster::detail {

// A kind of task as it travels between runs of the same program: where its TaskType lies in which
// module. Throws EncodingError where that is none that all ranks have.
TypeCode type_code(const TaskType& type, const ModuleTable& modules);
// Throws EncodingError for what lies in no module of this process.
const TaskType& type_of_code(TypeCode code, const ModuleTable& modules);

}  // namespace muster::detail

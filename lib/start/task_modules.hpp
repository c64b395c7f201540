#pragma once

// Libraries with tasks, opened in a process that hosts them: muster-worker, by hand or for a pool.

#include <functional>
#include <string>
#include <vector>

#include <muster/detail/named_code.hpp>

namespace muster::detail {

// A task as a host offers it. Plain data.
struct OfferedTask {
  TaskIdentity identity;
  std::string file;  // that has it
};

// Opens them one after another, for as long as this process lives; `before` is told of each before
// its code runs. Throws Error, in a sentence that names the library: where it is not there or
// cannot be read, is no shared library, throws when it is loaded, has no task, or was built for
// another version of Muster. REQUIRES: this process ends soon where it throws, as what a library
// that threw has begun is not undone.
void open_task_modules(const std::vector<std::string>& paths,
                       const std::function<void(const std::string&)>& before);

// The tasks of this process, in the order of their registration. Throws Error where two have one
// name.
std::vector<OfferedTask> offered_tasks();

}  // namespace muster::detail

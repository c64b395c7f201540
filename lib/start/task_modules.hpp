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

// Who hears of it.
struct ModuleListener {
  // A library is opened next: its code runs.
  std::function<void(const std::string& path)> next;
  // It threw when it was loaded, which the dynamic linker does not survive: the process ends when
  // this returns.
  std::function<void(const std::string& sentence)> threw;
};

// Opens them one after another, for as long as this process lives. Throws Error, in a sentence that
// names the library: where it is not there or cannot be read, is no shared library or has no task.
// Thread safety: none.
void open_task_modules(const std::vector<std::string>& paths, const ModuleListener& listener);

// The tasks of this process, in the order of their registration. Throws Error where two have one
// name, or one was compiled for another version of Muster.
std::vector<OfferedTask> offered_tasks();

}  // namespace muster::detail

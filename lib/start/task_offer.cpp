#include "lib/start/task_offer.hpp"

#include <algorithm>
#include <utility>

#include <muster/error.hpp>

#include "lib/codec/task_registry.hpp"

namespace muster::detail {

TaskOffer::TaskOffer(std::string pool, std::vector<OfferedTask> tasks)
    : pool_(std::move(pool)), has_modules_(true) {
  std::vector<std::string> files;
  for (OfferedTask& task : tasks) {
    if (std::ranges::find(files, task.file) == files.end()) files.push_back(task.file);
    tasks_.push_back(std::move(task.identity));
  }
  for (const std::string& file : files) files_ += (files_.empty() ? "" : ", ") + file;
}

void TaskOffer::check(FunctionCode code) const {
  if (!has_modules_) throw_no_modules(code, pool_);
  const std::string name = name_of_task(code);  // throws where it is not known here
  const TaskIdentity& asked = *identity_of_task(code);
  const auto found = std::ranges::find(tasks_, name, &TaskIdentity::name);
  if (found != tasks_.end() && found->signature == asked.signature &&
      found->layout == asked.layout) {
    return;
  }
  throw InvalidArgumentError(
      no_such_task(asked, tasks_, "the modules of pool \"" + pool_ + "\" (" + files_ + ")"));
}

void throw_no_modules(FunctionCode code, std::string_view pool) {
  throw InvalidArgumentError("the task \"" + name_of_task(code) + "\" is called by its name, and " +
                             "pool \"" + std::string(pool) +
                             "\" has no modules: it runs functions of this program. Submit the "
                             "function itself, or make a process pool with ProcessPoolOptions::"
                             "modules, the library that has the task");
}

}  // namespace muster::detail

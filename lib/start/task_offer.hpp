#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/detail/named_code.hpp>

#include "lib/start/task_modules.hpp"

namespace muster::detail {

// What a client knows of the tasks that its workers offer by name. Constant once it is made.
// Thread safety: any.
class TaskOffer {
 public:
  // Of a pool without modules: none, and the sentences say why.
  explicit TaskOffer(std::string pool) : pool_(std::move(pool)) {}
  TaskOffer(std::string pool, std::vector<OfferedTask> tasks);

  // Throws InvalidArgumentError where workers cannot run what the code stands for: they have no
  // task of that name, or with another signature. REQUIRES: is_named(code).
  void check(FunctionCode code) const;

 private:
  std::string pool_;
  bool has_modules_ = false;
  std::vector<TaskIdentity> tasks_;
  std::string files_;
};

// "pool "x" has no modules ...": what a pool that runs the program's own functions says of a task
// that is called by its name.
[[noreturn]] void throw_no_modules(FunctionCode code, std::string_view pool);

}  // namespace muster::detail

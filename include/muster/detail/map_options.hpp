#pragma once

#include <string>

#include <muster/options.hpp>

namespace muster::detail {

// The options of a map's tasks, with a name of their own, because inputs may be read long after
// the call of map.
class ItemOptions {
 public:
  explicit ItemOptions(const TaskOptions& options) : options_(options), name_(options.name) {}
  ItemOptions(ItemOptions&& other) = default;
  ItemOptions& operator=(ItemOptions&&) = delete;

  // Null: the defaults.
  const TaskOptions* get() {
    if (name_.empty() && options_.task_timeout.is_zero() && options_.retries == 0) return nullptr;
    options_.name = name_;
    return &options_;
  }

 private:
  TaskOptions options_;
  std::string name_;
};

}  // namespace muster::detail

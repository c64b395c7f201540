#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <muster/detail/modules.hpp>
#include <muster/detail/task_type.hpp>

#include "lib/segments/views.hpp"

namespace muster::detail {

// What a pool knows of each kind of task: its code as it travels, its name's place in the shared
// table, how long an item of it takes. Under the pool's lock.
class KnownTypes {
 public:
  struct alignas(32) Known {
    FunctionCode code = 0;  // 0: not known yet
    std::uint8_t name = 0;
    bool timed = false;
    double seconds_per_item = 0;
  };

  KnownTypes(ModuleTable modules, const TasksView& tasks);

  // Throws EncodingError for a type from a module that the workers do not have.
  Known& of(const TaskType& type) {
    const std::uint32_t index = type.index();
    if (index >= known_.size() || known_[index].code == 0) learn(type, index);
    return known_[index];
  }

  // For a type whose callable is a pointer to a function, which is the first thing in `bytes`: the
  // name of that function. Looked up once in a pool, which may take a millisecond: it may have to
  // be read from the function's file. Throws EncodingError where the workers do not have it.
  std::uint8_t name_of_function(const TaskType& type, const std::byte* bytes, std::size_t size);

  // Its place in the table; that of "(other)" when the table is full.
  std::uint8_t name_index(std::string_view name);
  std::string name(std::uint8_t index) const;

  // An item of this type has taken so long.
  void measured(const TaskType& type, double seconds);
  std::optional<double> seconds_per_item(const TaskType& type) const;

  const ModuleTable& modules() const { return modules_; }

 private:
  void learn(const TaskType& type, std::uint32_t index);
  bool is_full() const;

  ModuleTable modules_;
  TasksView tasks_;
  std::vector<Known> known_;
  std::unordered_map<std::string, std::uint8_t> names_;
  std::unordered_map<FunctionCode, std::uint8_t> function_names_;
  FunctionCode last_function_ = ~FunctionCode{0};
  std::uint8_t last_function_name_ = 0;
};

}  // namespace muster::detail

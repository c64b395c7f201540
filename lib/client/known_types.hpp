#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <muster/detail/modules.hpp>
#include <muster/detail/named_code.hpp>
#include <muster/detail/task_type.hpp>

#include "lib/common/biased_mutex.hpp"
#include "lib/segments/views.hpp"
#include "lib/start/task_offer.hpp"

namespace muster::detail {

// What a pool knows of each kind of task: its code as it travels, its name's place in the shared
// table, how long an item of it takes. Under the pool's lock.
class KnownTypes {
 public:
  // Of a task: its code as it travels, and its name's place in the shared table.
  struct Label {
    FunctionCode code = 0;  // 0: not known yet
    std::uint8_t name = 0;
  };

  KnownTypes(ModuleTable modules, TaskOffer offer, const TasksView& tasks);

  // function: the FunctionCode that the task begins with, if it is to be called after that; or
  // null. Without a code before the first task of this type, or of this function, has been learnt.
  Label find(const TaskType& type, const std::byte* function) {
    const std::uint32_t index = type.index();
    if (index >= known_.size()) [[unlikely]]
      return {};
    Label label = known_[index].label;
    if (function == nullptr) return label;
    const FunctionCode code = code_at(function);
    if (code != last_function_ && !find_function(code)) return {};
    label.name = last_function_name_;
    if (is_named(code)) label.code = code;
    return label;
  }

  // What find() does not know. Gives the lock up meanwhile: the dynamic linker is asked, whose lock
  // is held by who may wait for this one (a library's initializer that submits), and the function's
  // file may be read, which takes milliseconds. Throws without the lock: EncodingError for what
  // lies in a module that the workers do not have, InvalidArgumentError for a name that they do not
  // know.
  Label learn(std::unique_lock<BiasedMutex>& lock, const TaskType& type, const std::byte* function);

  // Its place in the table; `otherwise`, at first that of "(other)", when the table is full.
  std::uint8_t name_index(std::string_view name, std::uint8_t otherwise = 0);
  std::string name(std::uint8_t index) const;

  // An item of this type has taken so long. REQUIRES: the type is known.
  void measured(const TaskType& type, double seconds);
  std::optional<double> seconds_per_item(const TaskType& type) const;

  const ModuleTable& modules() const { return modules_; }

 private:
  struct alignas(32) Known {
    Label label;
    bool timed = false;
    double seconds_per_item = 0;
  };

  Label learn_named(std::unique_lock<BiasedMutex>& lock, const TaskType& type, FunctionCode code);
  static FunctionCode code_at(const std::byte* function) {
    FunctionCode code = 0;
    std::memcpy(&code, function, sizeof(code));
    return code;
  }
  bool find_function(FunctionCode code);
  bool is_full() const;

  ModuleTable modules_;
  TaskOffer offer_;
  TasksView tasks_;
  std::vector<Known> known_;
  std::unordered_map<std::string, std::uint8_t> names_;
  std::unordered_map<FunctionCode, std::uint8_t> function_names_;
  FunctionCode last_function_ = ~FunctionCode{0};
  std::uint8_t last_function_name_ = 0;
};

}  // namespace muster::detail

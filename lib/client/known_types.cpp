#include "lib/client/known_types.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/common/short_name.hpp"

namespace muster::detail {

KnownTypes::KnownTypes(ModuleTable modules, TaskOffer offer, const TasksView& tasks)
    : modules_(std::move(modules)), offer_(std::move(offer)), tasks_(tasks) {
  name_index("(other)");
}

std::uint8_t KnownTypes::name_index(std::string_view name, std::uint8_t otherwise) {
  const std::string key(name.substr(0, kNameBytes - 1));
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  if (is_full()) return otherwise;
  auto& count = tasks_.header().names;
  const std::uint32_t index = count.load(std::memory_order_relaxed);  // the client's own
  names_.emplace(key, static_cast<std::uint8_t>(index));
  char* place = tasks_.name(index);
  std::memcpy(place, key.data(), key.size());
  place[key.size()] = '\0';
  // Release pairs with the status tool's acquire: the name is there if it is counted.
  count.store(index + 1, std::memory_order_release);
  return static_cast<std::uint8_t>(index);
}

bool KnownTypes::find_function(FunctionCode code) {
  const auto found = function_names_.find(code);
  if (found == function_names_.end()) return false;
  last_function_ = code;
  last_function_name_ = found->second;
  return true;
}

KnownTypes::Label KnownTypes::learn(std::unique_lock<BiasedMutex>& lock, const TaskType& type,
                                    const std::byte* function) {
  if (function != nullptr && is_named(code_at(function))) {
    return learn_named(lock, type, code_at(function));
  }
  // In vain where the table takes no more.
  const bool look_up =
      function != nullptr && !is_full() && !function_names_.contains(code_at(function));
  lock.unlock();
  Label label;
  label.code =
      modules_.encode(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(type.thunk)));
  const std::string_view type_name = type.name();
  std::optional<std::string> found = "";
  if (function != nullptr) modules_.check(code_at(function));
  if (look_up) found = function_name(code_at(function));

  lock.lock();
  const std::uint32_t index = type.index();
  if (index >= known_.size()) known_.resize(index + 1);
  label.name = name_index(type_name);
  known_[index].label = label;
  // What is known already, perhaps by another thread meanwhile, stays. What could not be looked up
  // is not kept: the next task may find it.
  if (function != nullptr && found) {
    if (!found->empty())
      label.name = name_index(short_function_name(*found, kNameBytes - 1), label.name);
    label.name = function_names_.emplace(code_at(function), label.name).first->second;
  }
  return label;
}

KnownTypes::Label KnownTypes::learn_named(std::unique_lock<BiasedMutex>& lock, const TaskType& type,
                                          FunctionCode code) {
  lock.unlock();
  offer_.check(code);
  const std::string name = name_of_task(code);

  lock.lock();
  const std::uint32_t index = type.index();
  if (index >= known_.size()) known_.resize(index + 1);
  known_[index].label.code = code;  // of one such task; each call says which it is
  return {code, function_names_.emplace(code, name_index(name)).first->second};
}

bool KnownTypes::is_full() const {
  return tasks_.header().names.load(std::memory_order_relaxed) >= kMaxNames;  // the client's own
}

std::string KnownTypes::name(std::uint8_t index) const { return tasks_.name(index); }

void KnownTypes::measured(const TaskType& type, double seconds) {
  Known& known = known_[type.index()];
  // A quarter of the difference: follows a change of the data within a few chunks.
  known.seconds_per_item =
      known.timed ? known.seconds_per_item + (seconds - known.seconds_per_item) / 4 : seconds;
  known.timed = true;
}

std::optional<double> KnownTypes::seconds_per_item(const TaskType& type) const {
  const std::uint32_t index = type.index();
  if (index >= known_.size() || !known_[index].timed) return std::nullopt;
  return known_[index].seconds_per_item;
}

}  // namespace muster::detail

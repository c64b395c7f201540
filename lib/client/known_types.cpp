#include "lib/client/known_types.hpp"

#include <algorithm>
#include <cstring>

namespace muster::detail {

namespace {
constexpr std::uint8_t kOther = 0;
}

KnownTypes::KnownTypes(ModuleTable modules, const TasksView& tasks)
    : modules_(std::move(modules)), tasks_(tasks) {
  name_index("(other)");
}

std::uint8_t KnownTypes::name_index(std::string_view name) {
  const std::string key(name.substr(0, kNameBytes - 1));
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  if (is_full()) return kOther;
  auto& count = tasks_.header().names;
  const std::uint32_t index = count.load(std::memory_order_relaxed);  // the client's own
  char* place = tasks_.name(index);
  std::memcpy(place, key.data(), key.size());
  place[key.size()] = '\0';
  // Release pairs with the status tool's acquire: the name is there if it is counted.
  count.store(index + 1, std::memory_order_release);
  names_.emplace(key, static_cast<std::uint8_t>(index));
  return static_cast<std::uint8_t>(index);
}

std::uint8_t KnownTypes::name_of_function(const TaskType& type, const std::byte* bytes,
                                          std::size_t size) {
  FunctionCode code = 0;
  std::memcpy(&code, bytes, sizeof(code));
  if (code == last_function_) return last_function_name_;
  modules_.check(code);
  auto entry = function_names_.find(code);
  if (entry == function_names_.end()) {
    // Looking it up reads a file, which is in vain where the table takes no more.
    const std::uint8_t name = is_full() ? kOther : name_index(describe_callable(type, bytes, size));
    entry = function_names_.emplace(code, name).first;
  }
  last_function_ = code;
  last_function_name_ = entry->second;
  return entry->second;
}

bool KnownTypes::is_full() const {
  return tasks_.header().names.load(std::memory_order_relaxed) >= kMaxNames;  // the client's own
}

std::string KnownTypes::name(std::uint8_t index) const { return tasks_.name(index); }

void KnownTypes::learn(const TaskType& type, std::uint32_t index) {
  const auto code =
      modules_.encode(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(type.thunk)));
  if (index >= known_.size()) known_.resize(index + 1);
  known_[index].code = code;
  known_[index].name = name_index(type.name());
}

void KnownTypes::measured(const TaskType& type, double seconds) {
  Known& known = of(type);
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

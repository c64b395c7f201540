#include <algorithm>
#include <utility>

#include <cereal/details/helpers.hpp>

#include <muster/detail/cereal_archive.hpp>
#include <muster/detail/cereal_output.hpp>
#include <muster/error.hpp>

namespace muster::detail {

CerealOutputState& CerealOutput::state() {
  if (!out_.context()) out_.context() = std::make_unique<CerealOutputState>();
  return static_cast<CerealOutputState&>(*out_.context());  // nobody else puts one there
}

std::uint32_t CerealOutput::register_pointer(std::shared_ptr<const void> pointer,
                                             const void* address, const std::type_info& type,
                                             bool made_first) {
  CerealOutputState& state = this->state();
  const bool weak = std::exchange(state.weak, false);
  if (address == nullptr) return 0;
  const auto next = static_cast<std::uint32_t>(state.shared.size() + 1);
  const auto [entry, is_new] = state.shared.try_emplace({address, type}, next);
  const std::uint32_t id = entry->second;
  if (is_new) {
    state.kept.push_back(std::move(pointer));
    state.open.push_back(id);
    return id | cereal::detail::msb_32bit;  // cereal's mark: the pointee follows
  }
  if (std::find(state.open.begin(), state.open.end(), id) == state.open.end()) return id;
  if (!weak) {
    throw EncodingError(
        "a cycle of std::shared_ptr cannot travel, as it would never be freed; "
        "let the way back be a std::weak_ptr");
  }
  if (!made_first) {
    throw EncodingError(
        "a std::weak_ptr back to the object that it lies in cannot travel where that object's "
        "class has no default constructor, or cannot be assigned to");
  }
  return id;
}

std::uint32_t CerealOutput::registerPolymorphicType(const char* name) {
  auto& names = state().names;
  const auto next = static_cast<std::uint32_t>(names.size() + 1);
  const auto [entry, is_new] = names.try_emplace(name, next);
  return is_new ? entry->second | cereal::detail::msb_32bit : entry->second;
}

void CerealOutput::serializeDeferments() {
  while (!deferred_.empty()) {
    for (const auto& write : std::exchange(deferred_, {})) write();
  }
}

}  // namespace muster::detail

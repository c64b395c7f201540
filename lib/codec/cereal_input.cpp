#include <algorithm>
#include <utility>

#include <cereal/details/helpers.hpp>

#include <muster/detail/cereal_archive.hpp>
#include <muster/detail/cereal_input.hpp>
#include <muster/error.hpp>

namespace muster::detail {

namespace {

constexpr std::uint32_t kNew = cereal::detail::msb_32bit;  // cereal's mark: the pointee follows

[[noreturn]] void throw_bad_pointer(std::uint32_t id) {
  throw EncodingError("a std::shared_ptr refers to object number " + std::to_string(id) +
                      ", which is none of its type: the bytes are damaged");
}

[[noreturn]] void throw_bad_name(std::uint32_t id) {
  throw EncodingError("a pointer to a polymorphic class gives the class by number " +
                      std::to_string(id) + ", which was not given: the bytes are damaged");
}

}  // namespace

CerealInputState& CerealInput::state() {
  if (!in_.context()) in_.context() = std::make_unique<CerealInputState>();
  return static_cast<CerealInputState&>(*in_.context());  // nobody else puts one there
}

std::shared_ptr<void> CerealInput::getSharedPointer(std::uint32_t id) {
  CerealInputState& state = this->state();
  const bool weak = std::exchange(state.weak, false);
  if (id == 0) return nullptr;
  const auto known = state.shared.find(id);
  if (known == state.shared.end() || known->second.type != state.expected) throw_bad_pointer(id);
  // What is not read to its end may be referred to, but owned by what lies in it only if the
  // encoder let it pass: a weak pointer.
  const bool open = std::find(state.open.begin(), state.open.end(), id) != state.open.end();
  if (open && !weak) throw_bad_pointer(id);
  return known->second.pointer;
}

void CerealInput::register_pointer(std::uint32_t id, std::shared_ptr<void> pointer,
                                   const std::type_info& type) {
  CerealInputState& state = this->state();
  state.weak = false;
  id &= ~kNew;
  const bool is_new = state.shared.try_emplace(id, std::move(pointer), type).second;
  if (!is_new || id == 0) throw_bad_pointer(id);
  state.open.push_back(id);
}

std::string CerealInput::getPolymorphicName(std::uint32_t id) {
  const auto known = state().names.find(id);
  if (known == state().names.end()) throw_bad_name(id);
  return known->second;
}

void CerealInput::registerPolymorphicName(std::uint32_t id, const std::string& name) {
  if (!state().names.try_emplace(id & ~kNew, name).second) throw_bad_name(id & ~kNew);
}

void CerealInput::serializeDeferments() {
  while (!deferred_.empty()) {
    for (const auto& read : std::exchange(deferred_, {})) read();
  }
}

}  // namespace muster::detail

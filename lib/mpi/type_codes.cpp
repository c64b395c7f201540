#include "lib/mpi/type_codes.hpp"

#include <cstdint>
#include <string>

#include <muster/error.hpp>

namespace muster::detail {

namespace {

constexpr unsigned kModuleShift = 48;
constexpr TypeCode kOffsetMask = (TypeCode{1} << kModuleShift) - 1;

}  // namespace

// Modules are searched for an address of data as they are for code.
TypeCode type_code(const TaskType& type, const ModuleTable& modules) {
  return modules.encode(&type);
}

const TaskType& type_of_code(TypeCode code, const ModuleTable& modules) {
  const std::size_t number = code >> kModuleShift;
  const TypeCode offset = code & kOffsetMask;
  if (number < modules.size()) {
    const Module module = modules[number];
    const std::uintptr_t address = module.base + offset;
    if (module.loaded && address >= module.begin && address + sizeof(TaskType) <= module.end &&
        address % alignof(TaskType) == 0) {
      return *reinterpret_cast<const TaskType*>(address);
    }
  }
  throw EncodingError("a task's type is given at offset " + std::to_string(offset) +
                      " of module number " + std::to_string(number) +
                      ", where this rank has none; the message was damaged");
}

}  // namespace muster::detail

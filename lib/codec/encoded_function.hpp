#pragma once

#include <cstddef>
#include <vector>

#include <muster/detail/modules.hpp>
#include <muster/portable_function.hpp>

namespace muster::detail {

// A PortableFunction as it travels to another process. Plain data.
struct EncodedFunction {
  FunctionCode thunk = 0;
  std::vector<std::byte> bytes;  // of the callable
  bool given = false;

  // Empty for an empty function. Throws EncodingError where `modules`, which the reader knows, do
  // not have its code. Of a NamedTask `thunk` is the name's code, whoever has the task.
  static EncodedFunction of(const PortableFunction& function, const ModuleTable& modules);

  explicit operator bool() const { return given; }
  // Runs it here. REQUIRES: not empty. Throws what the function throws, and EncodingError where
  // `modules` have no such code.
  void invoke(const ModuleTable& modules) const;
};

}  // namespace muster::detail

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>

#include <muster/decoder.hpp>
#include <muster/detail/modules.hpp>
#include <muster/encoder.hpp>

namespace muster::detail {

// Runs a task: decodes callable and arguments, calls, encodes the result. Whatever goes wrong
// comes out as an exception: EncodingError and its kin of the encoding, the task's own.
using Thunk = void (*)(Decoder& args, Encoder& result);

// What all tasks of one kind (callable type, argument types) have in common: one object in the
// process for each thunk. Constant but for the two members that are filled in when first asked.
class TaskType {
 public:
  constexpr TaskType(Thunk run, const std::type_info& callable_type, bool callable_is_code)
      : thunk(run), callable(&callable_type), begins_with_code(callable_is_code) {}

  TaskType(const TaskType&) = delete;
  TaskType& operator=(const TaskType&) = delete;

  const Thunk thunk;
  const std::type_info* const callable;
  // The encoded callable is a FunctionCode, the first 8 bytes of the task: to be checked against
  // the pool's ModuleTable where it was encoded without one.
  const bool begins_with_code;

  // The callable's demangled type: "main::{lambda(int)#1}", "int (*)(int)".
  std::string_view name() const;

  // A small number of this process, given when first asked, for tables indexed by task type.
  std::uint32_t index() const {
    // Relaxed: the number itself is all that is read.
    const std::uint32_t given = index_.load(std::memory_order_relaxed);
    return given != 0 ? given - 1 : give_index();
  }

 private:
  std::uint32_t give_index() const;

  mutable std::atomic<const std::string*> name_{nullptr};
  mutable std::atomic<std::uint32_t> index_{0};  // plus one; 0: not given yet
};

template <Thunk kThunk, class Callable, bool kIsCode>
inline constinit TaskType task_type_of{kThunk, typeid(Callable), kIsCode};

// The function's own name, for messages: "resize(Image const&)". Empty where no table has it: its
// file is stripped, was deleted or replaced, has a relative name and the directory was changed, or
// is a program that another one (ld.so) was told to run; and for a code that makes no sense. None
// where there is no descriptor or memory to look at the moment.
std::optional<std::string> function_name(FunctionCode code);

}  // namespace muster::detail

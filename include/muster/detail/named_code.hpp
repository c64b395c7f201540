#pragma once

#include <cstdint>
#include <string>

#include <muster/detail/function_code.hpp>

// The code by which a task that is called by its name travels, in place of a function's: a module
// number that no module has, and what is made of name and signature. It is the same in all
// processes, whether they have the task or not.
namespace muster::detail {

constexpr std::uint64_t kNamedModule = 0xfffe;

constexpr bool is_named(FunctionCode code) { return code >> 48 == kNamedModule; }
// A map's chunk of such calls is another task of the worker's. Codes of calls are even.
constexpr FunctionCode code_of_chunk(FunctionCode call) { return call | 1; }
constexpr FunctionCode code_of_call(FunctionCode code) { return code & ~FunctionCode{1}; }

// A task as the one who calls it knows it.
struct TaskIdentity {
  std::string name;
  std::string signature;  // the mangled type of the function
  std::string layout;     // of parameters and result: see type_layout.hpp
};

// Gives the code, and keeps what it stands for. Throws InvalidArgumentError for what cannot be a
// name. Thread safety: any.
FunctionCode named_code(TaskIdentity identity);
// Throws InvalidArgumentError where this process does not know it: the code is from another one.
std::string name_of_task(FunctionCode code);

// The function of that name and signature in this process. Throws InvalidArgumentError where it
// has none, or several.
using AnyFunction = void (*)();
AnyFunction function_of_task(FunctionCode code);

// Of the callables that are called by their name.
template <class F>
inline constexpr bool kIsNamedTask = false;

}  // namespace muster::detail

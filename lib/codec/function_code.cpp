#include <muster/detail/function_code.hpp>
#include <muster/error.hpp>

namespace muster::detail {

namespace {

constexpr FunctionCode kNullFunction = ~FunctionCode{0};  // module numbers end below

ModuleTable modules_of(const ModuleTable* given) {
  return given != nullptr ? *given : current_modules();
}

}  // namespace

FunctionCode function_code(const Encoder& out, const void* function) {
  return function == nullptr ? kNullFunction : modules_of(out.modules()).encode(function);
}

const void* function_of_code(const Decoder& in, FunctionCode code) {
  return code == kNullFunction ? nullptr : modules_of(in.modules()).decode(code);
}

MemberFunctionCode member_function_code(const Encoder& out, MemberFunctionCode pointer) {
  const bool is_virtual = pointer.function % 2 != 0;
  if (!is_virtual) {
    pointer.function = function_code(out, reinterpret_cast<const void*>(pointer.function));
    // Odd means virtual on both sides; functions lie at even addresses in even modules.
    if (pointer.function % 2 != 0 && pointer.function != kNullFunction) {
      throw EncodingError(
          "a pointer to a member function does not lie at an even offset in its "
          "module, so it cannot travel");
    }
  }
  return pointer;
}

MemberFunctionCode member_function_of_code(const Decoder& in, MemberFunctionCode code) {
  const bool is_virtual = code.function % 2 != 0 && code.function != kNullFunction;
  if (!is_virtual) {
    code.function = reinterpret_cast<std::uint64_t>(function_of_code(in, code.function));
  }
  return code;
}

void throw_null_callable() { throw EncodingError("the task is a null pointer to a function"); }

}  // namespace muster::detail

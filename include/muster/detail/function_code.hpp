#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include <muster/decoder.hpp>
#include <muster/detail/modules.hpp>
#include <muster/encoder.hpp>

// Pointers to functions and to member functions, as they travel.
namespace muster::detail {

// As the Itanium C++ ABI has it: the function's address or, odd, one more than the offset in the
// virtual table; and what to add to `this`. The address travels as a FunctionCode.
struct MemberFunctionCode {
  std::uint64_t function;
  std::int64_t adjustment;
};

// A null pointer travels, too. Throws EncodingError for a function in a module that the reader
// does not know.
FunctionCode function_code(const Encoder& out, const void* function);
const void* function_of_code(const Decoder& in, FunctionCode code);
MemberFunctionCode member_function_code(const Encoder& out, MemberFunctionCode pointer);
MemberFunctionCode member_function_of_code(const Decoder& in, MemberFunctionCode code);

[[noreturn]] void throw_null_callable();

template <class F>
void encode_function(Encoder& out, F function) {
  if constexpr (std::is_member_function_pointer_v<F>) {
    static_assert(sizeof(F) == sizeof(MemberFunctionCode));
    const auto code = member_function_code(out, std::bit_cast<MemberFunctionCode>(function));
    out.write(&code, sizeof(code));
  } else {
    const FunctionCode code = function_code(out, reinterpret_cast<const void*>(function));
    out.write(&code, sizeof(code));
  }
}

template <class F>
F decode_function(Decoder& in) {
  if constexpr (std::is_member_function_pointer_v<F>) {
    MemberFunctionCode code;
    in.read(&code, sizeof(code));
    return std::bit_cast<F>(member_function_of_code(in, code));
  } else {
    FunctionCode code;
    in.read(&code, sizeof(code));
    return reinterpret_cast<F>(const_cast<void*>(function_of_code(in, code)));
  }
}

}  // namespace muster::detail

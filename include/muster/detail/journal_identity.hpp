#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>
#include <typeinfo>

#include <muster/detail/callable.hpp>
#include <muster/detail/function_code.hpp>
#include <muster/detail/named_code.hpp>
#include <muster/detail/type_layout.hpp>

namespace muster::detail {

// What a journal is of. Texts are without newlines.
struct JournalIdentity {
  std::string callable;  // a function's own name where it is known, else a type
  std::string result;    // a type
  std::string layout;    // of the result: see type_layout.hpp
  // Of the program or library that has the callable's code, and where in it: two functions of one
  // name are told apart as long as it was not built anew.
  std::string build_id;
  std::uint64_t offset = 0;

  // Whether results of the other are results of this.
  bool is_of(const JournalIdentity& other) const;
};

// `function`: where the callable is a pointer to one, else null; `code`: any code that belongs to
// the callable; `place`: what else tells it from others of its type.
JournalIdentity make_identity(const std::type_info& callable, const void* function,
                              const void* code, const std::string& place,
                              const std::type_info& result, std::string layout);

// Code that belongs to F alone.
template <class F>
void code_of_callable() {}

template <class F, class R>
JournalIdentity identity_of(const F& callable) {
  std::string layout;
  describe_layout<R>(layout);
  const void* const code = reinterpret_cast<const void*>(&code_of_callable<F>);
  if constexpr (kIsBitwise<F>) {
    return identity_of<typename Unwrapped<F>::type, R>(callable.function);
  } else if constexpr (kIsNamedTask<F>) {
    return make_identity(typeid(F), nullptr, code, " " + callable.name(), typeid(R), layout);
  } else if constexpr (kIsFunctionPointer<F>) {
    return make_identity(typeid(F), reinterpret_cast<const void*>(callable), code, "", typeid(R),
                         layout);
  } else if constexpr (std::is_member_function_pointer_v<F>) {
    const auto pointer = std::bit_cast<MemberFunctionCode>(callable);
    const std::string moved = " " + std::to_string(pointer.adjustment);
    if ((pointer.function & 1) != 0) {
      const std::string place = " virtual " + std::to_string(pointer.function) + moved;
      return make_identity(typeid(F), nullptr, code, place, typeid(R), layout);
    }
    return make_identity(typeid(F), reinterpret_cast<const void*>(pointer.function), code,
                         pointer.adjustment == 0 ? "" : moved, typeid(R), layout);
  } else if constexpr (std::is_member_object_pointer_v<F>) {
    // The ABI's offset of the member.
    const auto offset = std::bit_cast<std::ptrdiff_t>(callable);
    return make_identity(typeid(F), nullptr, code, " at " + std::to_string(offset), typeid(R),
                         layout);
  } else {
    return make_identity(typeid(F), nullptr, code, "", typeid(R), layout);
  }
}

}  // namespace muster::detail

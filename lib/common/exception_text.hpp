#pragma once

#include <exception>
#include <string>

namespace muster::detail {

// "std::runtime_error: no such image"; "int" for what is no std::exception.
std::string describe_exception(const std::exception_ptr& exception);

// The name as it stands in source code; as it is where it is not mangled, or has more than the 1024
// bytes that the demangler takes. Needs some 100 bytes of stack for each of them. Throws
// std::bad_alloc.
std::string demangle(const char* mangled);

}  // namespace muster::detail

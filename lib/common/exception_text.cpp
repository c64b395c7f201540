#include "lib/common/exception_text.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <typeinfo>

namespace muster::detail {

std::string demangle(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  constexpr int kNoMemory = -1;
  if (status == kNoMemory) throw std::bad_alloc();
  return status == 0 ? name.get() : mangled;
}

std::string describe_exception(const std::exception_ptr& exception) {
  if (!exception) return "nothing";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    const char* const what = e.what();  // null, where a program's own type is careless
    return demangle(typeid(e).name()) + ": " + (what != nullptr ? what : "");
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr ? demangle(type->name()) : "an exception from another language";
  }
}

}  // namespace muster::detail

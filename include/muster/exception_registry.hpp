#pragma once

#include <system_error>

#include <muster/detail/exception_kind.hpp>

// Has exceptions of a type of the program's own travel as themselves: thrown by a task, they are
// rethrown by result() with the same type, not as RemoteError. At namespace scope, once, in a
// file that client and workers both have:
//
//   MUSTER_REGISTER_EXCEPTION(my::ParseError)
//
// The type needs a Codec (or what else travels), or derives from std::exception and has a
// constructor from std::string, which is given what(). The module that registers stays loaded.
#define MUSTER_REGISTER_EXCEPTION(...)                                               \
  [[maybe_unused]] static const ::muster::detail::ExceptionRegistration<__VA_ARGS__> \
      MUSTER_DETAIL_JOIN(muster_exception_registration_, __COUNTER__){};

#define MUSTER_DETAIL_JOIN(a, b) MUSTER_DETAIL_JOIN_AGAIN(a, b)
#define MUSTER_DETAIL_JOIN_AGAIN(a, b) a##b

namespace muster {

// Has std::error_code of a category of the program's own travel, by the category's name(). In
// client and workers both, before it is needed. The category lives for ever; of two with one name
// the first counts. Thread safety: any.
void register_error_category(const std::error_category& category);

}  // namespace muster

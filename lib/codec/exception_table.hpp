#pragma once

#include <string_view>
#include <typeinfo>

#include <muster/detail/exception_kind.hpp>

namespace muster::detail {

// The kind of exceptions of exactly this type, nesting or not; null for a type that is not the
// standard library's, not Muster's and not registered.
const ExceptionKind* find_exception_kind(const std::type_info& type);

// By the mangled name of the type without nesting.
const ExceptionKind* find_exception_kind(std::string_view name);

}  // namespace muster::detail

#pragma once

#include <span>

#include <muster/detail/exception_kind.hpp>

namespace muster::detail {

std::span<const ExceptionKind> standard_exceptions();

}  // namespace muster::detail

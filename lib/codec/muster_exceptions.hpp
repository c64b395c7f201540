#pragma once

#include <span>

#include <muster/detail/exception_kind.hpp>

namespace muster::detail {

std::span<const ExceptionKind> muster_exceptions();

}  // namespace muster::detail

#include "lib/codec/exception_table.hpp"

#include <ios>

#include "lib/codec/append_list.hpp"
#include "lib/codec/muster_exceptions.hpp"
#include "lib/codec/standard_exceptions.hpp"

namespace muster::detail {

namespace {

constinit AppendList<const ExceptionKind*> registered;

template <class Fits>
const ExceptionKind* find(Fits&& fits) {
  for (const auto kinds : {standard_exceptions(), muster_exceptions()}) {
    for (const ExceptionKind& kind : kinds) {
      if (fits(&kind)) return &kind;
    }
  }
  const auto* found = registered.find(fits);
  return found != nullptr ? *found : nullptr;
}

}  // namespace

void register_exception(const ExceptionKind& kind) { registered.append(&kind); }

const ExceptionKind* find_exception_kind(const std::type_info& type) {
  // What libstdc++'s streams throw, derived from std::ios_base::failure and in no header.
  constexpr std::string_view kStreamFailure = "St13__ios_failure";
  if (type.name() == kStreamFailure) return find_exception_kind(typeid(std::ios_base::failure));
  return find([&](const ExceptionKind* kind) {
    return *kind->type == type || *kind->nesting_type == type;
  });
}

const ExceptionKind* find_exception_kind(std::string_view name) {
  return find([&](const ExceptionKind* kind) { return name == kind->type->name(); });
}

}  // namespace muster::detail

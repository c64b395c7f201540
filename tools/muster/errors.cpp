#include "errors.hpp"

#include <muster/inspect.hpp>

#include "notes.hpp"
#include "output.hpp"
#include "text.hpp"
#include "usage_error.hpp"

namespace muster_tool {

using muster::PoolInspector;
using Reason = muster::UnreadablePool::Reason;

namespace {

ExitCode exit_code_of(Reason reason) {
  switch (reason) {
    case Reason::permission: return ExitCode::permission;
    case Reason::another_version: return ExitCode::other_version;
    case Reason::no_memory: return ExitCode::failed;
    case Reason::corrupt:
    case Reason::ambiguous: break;
  }
  return ExitCode::no_such_pool;
}

}  // namespace

ExitCode exit_code_of(const std::exception& error) {
  if (dynamic_cast<const UsageError*>(&error) != nullptr) return ExitCode::usage;
  if (dynamic_cast<const PoolInspector::NotFound*>(&error) != nullptr) {
    return ExitCode::no_such_pool;
  }
  if (const auto* unread = dynamic_cast<const PoolInspector::NotReadable*>(&error)) {
    return exit_code_of(unread->reason());
  }
  return ExitCode::failed;
}

ExitCode tell(const std::exception& error) {
  complain(printable(error.what()));
  const ExitCode code = exit_code_of(error);
  // It may be one that cannot be seen.
  if (dynamic_cast<const PoolInspector::NotFound*>(&error) != nullptr) {
    tell_hidden(muster::list_pools().hidden);
  }
  return code;
}

}  // namespace muster_tool

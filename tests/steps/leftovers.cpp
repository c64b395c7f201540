#include "steps/leftovers.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "support/proc.hpp"

namespace steps {

namespace {

std::size_t open_descriptors() { return test_support::entries("/proc/self/fd").size(); }

}  // namespace

Leftovers::Leftovers() : descriptors_(open_descriptors()) {}

std::string Leftovers::found() const {
  for (const pid_t pid : test_support::children_of(::getpid())) {
    return fmt::format("process {} is left", pid);  // one is enough
  }
  if (open_descriptors() > descriptors_) {
    return fmt::format("{} descriptors are open, {} were before there was a pool",
                       open_descriptors(), descriptors_);
  }
  if (!test_support::memfds_of(::getpid()).empty()) return "a pool's memory is left";
  return "";
}

}  // namespace steps

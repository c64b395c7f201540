#pragma once

#include <set>
#include <string>

#include "support/proc.hpp"

namespace prove {

// What this process has of the system at an instant, to be compared before and after a pool.
struct Belongings {
  std::set<std::string> descriptors;  // "number -> what it is"
  std::set<test_support::Inode> memfds;
  std::set<pid_t> children;  // zombies among them

  static Belongings now();
  // What there is now and was not before, as a sentence's end; "": nothing.
  std::string more_than(const Belongings& before) const;
};

}  // namespace prove

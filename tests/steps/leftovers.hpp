#pragma once

#include <cstddef>
#include <string>

namespace steps {

// What this process has of its own before there are pools, to be compared with what it has when
// they have ended.
class Leftovers {
 public:
  Leftovers();
  // What pools have left: processes, zombies among them, descriptors, memory. "": nothing.
  std::string found() const;

 private:
  std::size_t descriptors_;
};

}  // namespace steps

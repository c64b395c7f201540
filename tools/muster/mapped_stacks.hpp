#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace muster_tool {

// Where the stacks of a process's threads can lie: its memory that can be written.
class MappedStacks {
 public:
  struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    bool has(std::uintptr_t address) const { return begin <= address && address < end; }
  };

  explicit MappedStacks(pid_t pid);

  // The memory that the address lies in; empty where there is none. What is not known is looked for
  // once more, since threads are made and stacks grow.
  Range around(std::uintptr_t address);
  // That of the main thread.
  const Range& main() const { return main_; }

 private:
  void read();
  Range known_around(std::uintptr_t address) const;

  pid_t pid_;
  std::vector<Range> ranges_;  // by address
  Range main_;
};

}  // namespace muster_tool

#pragma once

// Whether a worker has come to hold too much memory of its own. What it had when the limit was set
// does not count: a fork begins with what the client had.

#include <cstddef>
#include <cstdint>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

class ResidentLimit {
 public:
  // 0: no limit. Throws Error where the kernel does not tell.
  void set(std::size_t bytes);

  // Costs a system call, and two where the worker has had as much at some time.
  bool exceeded() const { return bytes_ != 0 && look(); }

 private:
  bool look() const;

  std::size_t bytes_ = 0;
  FileDescriptor statm_;  // open since then: limits.files may deny it
  std::uint64_t own_at_first_ = 0;
  std::uint64_t all_at_first_ = 0;
};

}  // namespace muster::detail

#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "fuzz/require.hpp"
#include "lib/common/file_descriptor.hpp"

namespace fuzz {

// A file that lies in memory, for what reads files by their names.
class MemoryFile {
 public:
  MemoryFile()
      : file_(::memfd_create("fuzz", MFD_CLOEXEC)),
        path_("/proc/self/fd/" + std::to_string(file_.get())) {}

  const std::string& path() const { return path_; }

  void set(const void* bytes, std::size_t size) const {
    require(::ftruncate(file_.get(), 0) == 0 &&
                ::pwrite(file_.get(), bytes, size, 0) == static_cast<ssize_t>(size),
            "a file can be written");
  }

 private:
  muster::detail::FileDescriptor file_;
  std::string path_;
};

}  // namespace fuzz

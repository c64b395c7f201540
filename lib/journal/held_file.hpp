#pragma once

#include <filesystem>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// A file that is open for writing and held against others who would hold it, of this process or
// another, as long as this lives. A forked child has no part in it: a lock of the kernel's would
// live on in a child that outlives this process, so it closes its descriptor.
class HeldFile {
 public:
  // Makes the file where there is none, and then its entry in the folder is on the disk. Throws
  // JournalError where it cannot be opened, or somebody else holds it.
  explicit HeldFile(const std::filesystem::path& path);
  // Not in a forked child.
  ~HeldFile();
  HeldFile(const HeldFile&) = delete;
  HeldFile& operator=(const HeldFile&) = delete;

  int get() const { return file_.get(); }

 private:
  friend class HeldFiles;

  bool open_and_lock(const std::filesystem::path& path);
  void let_go() noexcept;

  FileDescriptor file_;
  HeldFile* next_ = nullptr;
  HeldFile* previous_ = nullptr;
};

}  // namespace muster::detail

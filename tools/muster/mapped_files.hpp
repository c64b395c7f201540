#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace muster_tool {

// A file with code that a process has mapped, from its first byte on; or the kernel's "[vdso]",
// with the inode 0.
struct MappedFile {
  std::uintptr_t base = 0;         // where its first byte lies
  std::uintptr_t end = 0;          // of the last of its mappings that belong together
  std::uint64_t inode = 0;         // of the file that is mapped, whatever has its path by now
  std::string path;                // as the process sees it
  std::uintptr_t first_begin = 0;  // its first mapping, as the kernel names it
  std::uintptr_t first_end = 0;

  bool has(std::uintptr_t address) const { return base <= address && address < end; }
  friend bool operator==(const MappedFile&, const MappedFile&) = default;
};

// Those of a process, by address, from its /proc/<pid>/maps; none where it is gone or hides them.
std::vector<MappedFile> mapped_files(pid_t pid);

// From text in the form of that file.
std::vector<MappedFile> parse_maps(const std::string& text);

// Opens the file that the process has mapped: by its path, as the process sees it or as this one
// does, or by the process's own links to it. -1 where none of them leads to that very file: it was
// replaced or deleted since, or may not be read. Of the kernel's code, which is the same in all
// processes, a copy of this one's.
int open_mapped(pid_t pid, const MappedFile& file);

// When the process started, in a unit of the kernel's; 0 where there is none. Another process that
// has got the same number meanwhile has another.
std::uint64_t start_of(pid_t pid);

}  // namespace muster_tool

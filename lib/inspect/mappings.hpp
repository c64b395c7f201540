#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::detail {

// A part of a process's address space, as a line of /proc/PID/maps tells of it:
// "7f00-7f10 r--s 00000000 00:01 4711   /memfd:... (deleted)".
struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string rights;  // "r--s"
  std::uint64_t offset = 0;
  std::string device;       // "00:01"
  std::uint64_t inode = 0;  // 0: of no file
  std::string path;         // "", or "[stack]" and the like, where it is of no file

  bool has(std::uintptr_t address) const { return begin <= address && address < end; }
  bool is_of_the_file_of(const Mapping& other) const {
    return inode == other.inode && device == other.device;
  }
};

// By address. Lines in another form are left out.
std::vector<Mapping> parse_mappings(std::string_view text);
// None where the process has ended, but for its last moments, or where /proc hides them. Of one
// that ends meanwhile the last may be missing.
std::vector<Mapping> mappings_of(pid_t pid);

}  // namespace muster::detail

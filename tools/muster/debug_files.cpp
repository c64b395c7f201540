#include "debug_files.hpp"

#include <elfutils/libdwelf.h>
#include <string.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "lib/common/file_descriptor.hpp"
#include "regular_file.hpp"

namespace muster_tool {

namespace {

using muster::detail::FileDescriptor;

constexpr const char* kDebugFolder = "/usr/lib/debug";

std::vector<unsigned char> build_id_of(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr address = 0;
  const int length = ::dwfl_module_build_id(module, &bits, &address);
  return length > 0 ? std::vector<unsigned char>(bits, bits + length)
                    : std::vector<unsigned char>();
}

bool has_build_id(int fd, const std::vector<unsigned char>& wanted) {
  Elf* const elf = ::elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, nullptr);
  if (elf == nullptr) return false;
  const void* bits = nullptr;
  const ssize_t length = ::dwelf_elf_gnu_build_id(elf, &bits);
  const bool same = length == static_cast<ssize_t>(wanted.size()) &&
                    ::memcmp(bits, wanted.data(), wanted.size()) == 0;
  ::elf_end(elf);
  return same;
}

std::vector<std::string> places(const std::vector<unsigned char>& id, const char* file,
                                const char* link) {
  std::string digits;
  for (const unsigned char byte : id) digits += fmt::format("{:02x}", byte);
  std::vector<std::string> paths{
      fmt::format("{}/.build-id/{}/{}.debug", kDebugFolder, digits.substr(0, 2), digits.substr(2))};
  if (link == nullptr || file == nullptr) return paths;
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  paths.push_back((folder / link).string());  // the link alone where it is absolute
  paths.push_back((folder / ".debug" / link).string());
  paths.push_back(kDebugFolder + (folder / link).string());
  return paths;
}

// All are reported with an open file.
int find_no_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; }

int find_debug_file(Dwfl_Module* module, void**, const char*, Dwarf_Addr, const char* file,
                    const char* link, GElf_Word, char** found) {
  const std::vector<unsigned char> id = build_id_of(module);
  // Without one a file could not be told from that of another version.
  if (id.size() < 2) return -1;
  for (const std::string& path : places(id, file, link)) {
    FileDescriptor candidate = open_regular(path);  // what the file names may be anything
    if (!candidate || !has_build_id(candidate.get(), id)) continue;
    *found = ::strdup(path.c_str());
    return candidate.release();
  }
  return -1;
}

}  // namespace

const Dwfl_Callbacks& local_debug_files() {
  static const Dwfl_Callbacks callbacks{find_no_file, find_debug_file, nullptr, nullptr};
  return callbacks;
}

}  // namespace muster_tool

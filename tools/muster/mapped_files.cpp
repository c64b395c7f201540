#include "mapped_files.hpp"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "lib/common/file_descriptor.hpp"
#include "lib/inspect/mappings.hpp"
#include "regular_file.hpp"

namespace muster_tool {

namespace {

using muster::detail::FileDescriptor;
using muster::detail::Mapping;

bool is_of_a_file(const Mapping& mapping) {
  return (mapping.inode != 0 && mapping.path.starts_with('/')) || mapping.path == "[vdso]";
}

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int open_vdso(std::size_t size) {
  const auto* const code = reinterpret_cast<const void*>(::getauxval(AT_SYSINFO_EHDR));
  const std::vector<MappedFile> own = mapped_files(::getpid());
  const bool same = std::ranges::any_of(own, [&](const MappedFile& file) {
    return file.base == reinterpret_cast<std::uintptr_t>(code) && file.end - file.base == size;
  });
  // A process of 32 bits has another.
  if (!same) return -1;
  FileDescriptor file(::memfd_create("vdso", MFD_CLOEXEC));
  if (!file || ::pwrite(file.get(), code, size, 0) != static_cast<ssize_t>(size)) return -1;
  return file.release();
}

std::vector<MappedFile> files_of(const std::vector<Mapping>& mappings) {
  std::vector<MappedFile> files;
  std::vector<bool> code;
  for (const Mapping& mapping : mappings) {
    if (!is_of_a_file(mapping)) continue;
    const bool is_code = mapping.rights.size() > 2 && mapping.rights[2] == 'x';
    const bool goes_on = !files.empty() && files.back().inode == mapping.inode &&
                         files.back().path == mapping.path && mapping.offset != 0;
    if (goes_on) {
      files.back().end = mapping.end;
      code.back() = code.back() || is_code;
    } else if (mapping.offset <= mapping.begin) {
      files.push_back({mapping.begin - mapping.offset, mapping.end, mapping.inode, mapping.path,
                       mapping.begin, mapping.end});
      code.push_back(is_code);
    }
  }
  std::vector<MappedFile> result;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (code[i]) result.push_back(std::move(files[i]));
  }
  return result;
}

}  // namespace

std::vector<MappedFile> parse_maps(const std::string& text) {
  return files_of(muster::detail::parse_mappings(text));
}

std::vector<MappedFile> mapped_files(pid_t pid) {
  return files_of(muster::detail::mappings_of(pid));
}

int open_mapped(pid_t pid, const MappedFile& file) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (file.inode == 0) return open_vdso(file.end - file.base);
  std::string path = file.path;
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  // The last two lead to a file also when it has no path any more; only root may follow the last.
  const std::string ways[] = {
      fmt::format("/proc/{}/root{}", pid, path), path, fmt::format("/proc/{}/exe", pid),
      fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, file.first_begin, file.first_end)};
  for (const std::string& way : ways) {
    if (FileDescriptor found = open_regular(way, file.inode)) return found.release();
  }
  return -1;
}

std::uint64_t start_of(pid_t pid) {
  const std::string text = read_all(fmt::format("/proc/{}/stat", pid));
  // The name, in parentheses, may contain anything; the 20th word behind it is the time.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream words(text.substr(name_end + 1));
  std::string word;
  for (int i = 0; i < 20; ++i) words >> word;
  std::uint64_t start = 0;
  std::istringstream(word) >> start;
  return start;
}

}  // namespace muster_tool

#include "mapped_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "lib/common/file_descriptor.hpp"

namespace muster_tool {

namespace {

using muster::detail::FileDescriptor;

struct Mapping {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  bool code = false;
  std::uint64_t offset = 0;
  std::uint64_t inode = 0;
  std::string path;
};

bool parse(const std::string& line, Mapping& mapping) {
  std::istringstream words(line);
  char dash = 0;
  std::string rights, device;
  words >> std::hex >> mapping.start >> dash >> mapping.end >> rights >> mapping.offset >> device >>
      std::dec >> mapping.inode >> std::ws;
  mapping.code = rights.size() > 2 && rights[2] == 'x';
  words.clear();
  std::getline(words, mapping.path);
  return (mapping.inode != 0 && mapping.path.starts_with('/')) || mapping.path == "[vdso]";
}

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The descriptor where it is of that file; it may be of a device, which must not be opened.
int open_same(const std::string& path, std::uint64_t inode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_ino != inode)
    return -1;
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  // It may have been replaced between the two.
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_ino != inode)
    return -1;
  return file.release();
}

}  // namespace

std::vector<MappedFile> parse_maps(const std::string& text) {
  std::vector<MappedFile> files;
  std::vector<bool> code;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    if (!parse(line, mapping)) continue;
    const bool goes_on = !files.empty() && files.back().inode == mapping.inode &&
                         files.back().path == mapping.path && mapping.offset != 0;
    if (goes_on) {
      files.back().end = mapping.end;
      code.back() = code.back() || mapping.code;
    } else if (mapping.offset <= mapping.start) {
      files.push_back({mapping.start - mapping.offset, mapping.end, mapping.inode, mapping.path});
      code.push_back(mapping.code);
    }
  }
  std::vector<MappedFile> result;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (code[i]) result.push_back(std::move(files[i]));
  }
  return result;
}

std::vector<MappedFile> mapped_files(pid_t pid) {
  return parse_maps(read_all(fmt::format("/proc/{}/maps", pid)));
}

int open_mapped(pid_t pid, const MappedFile& file) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (file.inode == 0) return -1;
  std::string path = file.path;
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  // The last two lead to a file also when it has no path any more; only root may follow the last.
  const std::string ways[] = {fmt::format("/proc/{}/root{}", pid, path), path,
                              fmt::format("/proc/{}/exe", pid)};
  for (const std::string& way : ways) {
    if (const int fd = open_same(way, file.inode); fd >= 0) return fd;
  }
  std::istringstream lines(read_all(fmt::format("/proc/{}/maps", pid)));
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    if (!parse(line, mapping) || mapping.inode != file.inode) continue;
    return open_same(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end),
                     file.inode);
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

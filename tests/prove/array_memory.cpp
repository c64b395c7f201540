#include "prove/array_memory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "lib/common/file_descriptor.hpp"
#include "support/proc.hpp"

namespace prove {

namespace {

constexpr const char* kTarget = "/memfd:muster:array";
constexpr std::uint64_t kBlock = 512;  // of stat(2)

}  // namespace

ArraysHeld arrays_of(const std::vector<pid_t>& pids) {
  ArraysHeld arrays;
  for (const pid_t pid : pids) {
    std::set<std::uint64_t> seen;
    for (const char* folder : {"/fd", "/map_files"}) {
      std::error_code error;
      std::filesystem::directory_iterator links("/proc/" + std::to_string(pid) + folder, error);
      if (error) continue;  // it is gone
      for (; links != std::filesystem::directory_iterator(); links.increment(error)) {
        const std::string link = links->path();
        const auto target = std::filesystem::read_symlink(link, error);
        if (error || !target.string().starts_with(kTarget)) continue;
        struct stat status {};
        if (::stat(link.c_str(), &status) != 0 || !seen.insert(status.st_ino).second) continue;
        arrays[status.st_ino].push_back(
            {pid, link, static_cast<std::uint64_t>(status.st_blocks) * kBlock});
      }
    }
  }
  return arrays;
}

std::uint64_t inode_at(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::uint64_t inode = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %" SCNu64, &begin, &end,
                    &inode) == 3 &&
        begin <= at && at < end) {
      return inode;
    }
  }
  return 0;
}

std::optional<std::vector<std::uint64_t>> words_of(const ArrayHolder& holder, std::uint64_t inode,
                                                   std::uint64_t words) {
  const muster::detail::FileDescriptor file(::open(holder.link.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || status.st_ino != inode) return std::nullopt;
  std::vector<std::uint64_t> read(words);
  auto* const bytes = reinterpret_cast<char*>(read.data());
  const std::size_t size = words * sizeof(std::uint64_t);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::pread(file.get(), bytes + done, size - done, static_cast<off_t>(done));
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return read;
}

std::string describe_segments(const std::string& pool_name) {
  std::map<std::string, std::uint64_t> segments;
  const std::string begin = "/memfd:muster:" + pool_name + ":";
  for (const std::string& fd : test_support::entries("/proc/self/fd")) {
    std::error_code error;
    const std::string link = "/proc/self/fd/" + fd;
    const std::string target = std::filesystem::read_symlink(link, error);
    struct stat status {};
    if (error || !target.starts_with(begin) || ::stat(link.c_str(), &status) != 0) continue;
    const std::string name = target.substr(begin.size());
    segments[name.substr(0, name.find(' '))] =
        static_cast<std::uint64_t>(status.st_blocks) * kBlock;
  }
  std::string text;
  for (const auto& [name, bytes] : segments) {
    text += (text.empty() ? "" : ", ") + name + " " + std::to_string(bytes);
  }
  return text;
}

std::uint64_t descriptors_in_sockets() {
  std::uint64_t sum = 0;
  for (const std::string& fd : test_support::entries("/proc/self/fdinfo")) {
    std::ifstream info("/proc/self/fdinfo/" + fd);
    for (std::string line; std::getline(info, line);) {
      std::uint64_t count = 0;
      if (std::sscanf(line.c_str(), "scm_fds: %" SCNu64, &count) == 1) sum += count;
    }
  }
  return sum;
}

}  // namespace prove

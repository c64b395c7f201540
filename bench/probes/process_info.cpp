#include "bench/probes/process_info.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fmt/format.h>

namespace bench {

namespace {

// The number behind "Key:" in a file of such lines.
std::uint64_t field_of(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, key.size(), key) != 0 || line[key.size()] != ':') continue;
    return std::stoull(line.substr(key.size() + 1));
  }
  throw std::runtime_error(fmt::format("{} says nothing of {}", path, key));
}

constexpr std::uint64_t kKiB = 1024;

}  // namespace

std::uint64_t pss_of(pid_t pid) {
  return kKiB * field_of(fmt::format("/proc/{}/smaps_rollup", pid), "Pss");
}

std::uint64_t private_memory() { return kKiB * field_of("/proc/self/status", "RssAnon"); }

std::uint64_t available_memory() { return kKiB * field_of("/proc/meminfo", "MemAvailable"); }

pid_t parent_of(pid_t pid) {
  return static_cast<pid_t>(field_of(fmt::format("/proc/{}/status", pid), "PPid"));
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> all;
  // One that ends meanwhile has none any more.
  std::error_code gone;
  std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", pid), gone);
  for (; !gone && thread != std::filesystem::directory_iterator(); thread.increment(gone)) {
    std::ifstream children(thread->path() / "children");
    for (pid_t child = 0; children >> child;) all.push_back(child);
  }
  return all;
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<pid_t> all;
  for (const pid_t child : children_of(pid)) {
    all.push_back(child);
    const auto below = descendants_of(child);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

std::uint64_t peak_memory() { return kKiB * field_of("/proc/self/status", "VmHWM"); }

bool forget_peak_memory() {
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

std::uint64_t resident_memory() { return kKiB * field_of("/proc/self/status", "VmRSS"); }

}  // namespace bench

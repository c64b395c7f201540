#include "lib/inspect/held_segments.hpp"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace muster::detail {

namespace {

constexpr std::array<std::string_view, kSegments> kNames{"tasks", "control", "results", "facts"};

struct SegmentName {
  Segment segment;
  std::string pool;
};

// From what a link in /proc/<pid>/fd says: "/memfd:muster:<pool>:<segment> (deleted)".
std::optional<SegmentName> parse_link(std::string_view link) {
  constexpr std::string_view kPrefix = "/memfd:muster:";
  constexpr std::string_view kSuffix = " (deleted)";
  if (!link.starts_with(kPrefix)) return std::nullopt;
  link.remove_prefix(kPrefix.size());
  if (link.ends_with(kSuffix)) link.remove_suffix(kSuffix.size());
  const std::size_t colon = link.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto* const name = std::find(kNames.begin(), kNames.end(), link.substr(colon + 1));
  if (name == kNames.end()) return std::nullopt;
  return SegmentName{static_cast<Segment>(name - kNames.begin()),
                     std::string(link.substr(0, colon))};
}

void add(HeldSegments& held, Segment segment, const SegmentPlace& place) {
  auto& places = held[static_cast<std::size_t>(segment)];
  const bool known = std::any_of(places.begin(), places.end(), [&](const SegmentPlace& other) {
    return other.same_memory(place);
  });
  if (!known) places.push_back(place);
}

std::optional<struct stat> status_of(const SegmentPlace& place) {
  const std::string path =
      "/proc/" + std::to_string(place.holder) + "/fd/" + std::to_string(place.fd);
  struct stat status {};
  const bool same = ::stat(path.c_str(), &status) == 0 && status.st_dev == place.device &&
                    status.st_ino == place.inode;
  return same ? std::optional(status) : std::nullopt;
}

bool denied(int error) { return error == EACCES || error == EPERM; }

}  // namespace

bool still_there(const SegmentPlace& place) { return status_of(place).has_value(); }

std::uint64_t backed_bytes(const SegmentPlace& place) {
  const auto status = status_of(place);
  return status ? static_cast<std::uint64_t>(status->st_blocks) * 512 : 0;
}

std::optional<std::map<std::string, HeldSegments>> segments_held_by(pid_t pid) {
  std::map<std::string, HeldSegments> held;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::opendir(folder.c_str()), close);
  if (!stream) {
    if (denied(errno)) return std::nullopt;
    return held;
  }
  std::array<char, PATH_MAX> link;
  while (const dirent* entry = ::readdir(stream.get())) {
    SegmentPlace place;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, place.fd).ptr != end) continue;  // "." and ".."
    const std::string path = folder + "/" + entry->d_name;
    const ssize_t size = ::readlink(path.c_str(), link.data(), link.size());
    // The folder of one's own process may be listed where its links may not be read.
    if (size < 0 && denied(errno)) return std::nullopt;
    if (size < 0) continue;  // closed meanwhile
    const auto name = parse_link({link.data(), static_cast<std::size_t>(size)});
    struct stat status {};
    if (!name || ::stat(path.c_str(), &status) != 0) continue;
    place.holder = pid;
    place.device = status.st_dev;
    place.inode = status.st_ino;
    add(held[name->pool], name->segment, place);
  }
  return held;
}

}  // namespace muster::detail

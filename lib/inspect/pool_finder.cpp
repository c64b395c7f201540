#include "lib/inspect/pool_finder.hpp"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <string_view>

namespace muster::detail {

namespace {

constexpr std::array<std::string_view, kSegments> kRoles{"tasks", "control", "results", "facts"};

// One process's segments of one name. Of each more than one where it has several such pools.
using Held = std::array<std::vector<SegmentPlace>, kSegments>;

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
  const auto role = std::find(kRoles.begin(), kRoles.end(), link.substr(colon + 1));
  if (role == kRoles.end()) return std::nullopt;
  return SegmentName{static_cast<Segment>(role - kRoles.begin()),
                     std::string(link.substr(0, colon))};
}

bool denied(int error) { return error == EACCES || error == EPERM; }

void add(Held& held, Segment segment, const SegmentPlace& place) {
  auto& places = held[static_cast<std::size_t>(segment)];
  const bool known = std::any_of(places.begin(), places.end(), [&](const SegmentPlace& other) {
    return other.same_memory(place);
  });
  if (!known) places.push_back(place);
}

// All that the process holds, by the pool's name. False: this process may not look.
bool collect(pid_t pid, std::map<std::string, Held>& held) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::opendir(folder.c_str()), close);
  if (!stream) return !denied(errno);  // else it is gone
  std::array<char, PATH_MAX> link;
  while (const dirent* entry = ::readdir(stream.get())) {
    SegmentPlace place;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, place.fd).ptr != end) continue;  // "." and ".."
    const std::string path = folder + "/" + entry->d_name;
    const ssize_t size = ::readlink(path.c_str(), link.data(), link.size());
    if (size < 0) {
      if (denied(errno)) return false;
      continue;  // closed meanwhile
    }
    const auto name = parse_link({link.data(), static_cast<std::size_t>(size)});
    struct stat status {};
    if (!name || ::stat(path.c_str(), &status) != 0) continue;
    place.holder = pid;
    place.device = status.st_dev;
    place.inode = status.st_ino;
    add(held[name->pool], name->segment, place);
  }
  return true;
}

// Puts segments together to pools. A process that has one of each has those of one pool: the
// supervisor always, and the client but for pools that it gave the same name. Such are told apart
// by their supervisors; what is then left over, by there being no other.
class Assembly {
 public:
  void add(const std::string& name, Held held) {
    for (const SegmentPlace& tasks : held[kTasks]) {
      FoundPool& pool = pool_of(tasks);
      pool.name = name;
      pool.holders.push_back(tasks.holder);
    }
    if (!complete_one(held)) open_.push_back(std::move(held));
  }

  std::vector<FoundPool> take() {
    // Each round that gets somewhere may leave another process with only one pool to guess.
    const auto settled = [this](Held& held) { return drop_known(held) && complete_one(held); };
    while (std::erase_if(open_, settled) != 0) {
    }
    for (const Held& held : open_) {
      for (const SegmentPlace& tasks : held[kTasks]) {
        pool_of(tasks).ambiguous = held[kTasks].size() > 1;
      }
    }
    return std::move(pools_);
  }

 private:
  static constexpr std::size_t kTasks = static_cast<std::size_t>(Segment::tasks);

  FoundPool& pool_of(const SegmentPlace& tasks) {
    for (FoundPool& pool : pools_) {
      if (pool.segments[kTasks]->same_memory(tasks)) return pool;
    }
    pools_.emplace_back().segments[kTasks] = tasks;
    return pools_.back();
  }

  bool complete_one(const Held& held) {
    for (const auto& places : held) {
      if (places.size() != 1) return false;
    }
    FoundPool& pool = pool_of(held[kTasks].front());
    if (pool.complete()) return true;
    for (std::size_t i = 0; i < kSegments; ++i) pool.segments[i] = held[i].front();
    return true;
  }

  // Leaves out what belongs to pools that are complete. False: nothing did.
  bool drop_known(Held& held) const {
    std::size_t dropped = 0;
    for (std::size_t i = 0; i < kSegments; ++i) {
      dropped += std::erase_if(held[i], [&](const SegmentPlace& place) {
        return std::any_of(pools_.begin(), pools_.end(), [&](const FoundPool& pool) {
          return pool.complete() && pool.segments[i]->same_memory(place);
        });
      });
    }
    return dropped != 0;
  }

  std::vector<FoundPool> pools_;
  std::vector<Held> open_;
};

}  // namespace

PoolSearch find_pools() {
  PoolSearch search;
  Assembly assembly;
  for (const ProcessInfo& process : own_processes(search.error)) {
    std::map<std::string, Held> held;
    if (!collect(process.pid, held)) {
      search.hidden.push_back(process);
      continue;
    }
    for (auto& [name, segments] : held) assembly.add(name, std::move(segments));
  }
  search.pools = assembly.take();
  return search;
}

}  // namespace muster::detail

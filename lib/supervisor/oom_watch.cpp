#include "lib/supervisor/oom_watch.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/common/cgroups.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

// More than that die of nothing else together.
constexpr std::uint64_t kMost = 4096;

// The number on the line "oom_kill N".
std::optional<std::uint64_t> kills_in(const std::string& file) {
  const auto number = number_behind("\n" + read_small_file(file), "\noom_kill ");
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

// Where it may be, the likeliest first. Version 1's where there is one: the controller is in one
// tree only.
std::vector<std::string> OomWatch::cgroup_files() const {
  std::vector<std::string> version_1;
  std::vector<std::string> version_2;
  for (const CgroupPlace& place : cgroup_places(read_small_file(proc_ + "/self/cgroup"))) {
    for (const std::string& path : self_and_ancestors(place.path)) {
      if (place.has("memory")) {
        version_1.push_back(cgroups_ + "/memory" + path + "/memory.oom_control");
      } else if (place.is_v2()) {
        version_2.push_back(cgroups_ + path + "/memory.events");
      }
    }
  }
  return version_1.empty() ? version_2 : version_1;
}

OomWatch::Counter OomWatch::read() const {
  std::vector<std::string> files = cgroup_files();
  files.push_back(proc_ + "/vmstat");
  for (const std::string& file : files) {
    if (const auto kills = kills_in(file)) return {file, *kills};
  }
  return {};
}

void OomWatch::look(std::int64_t now) {
  looked_at_ns_ = now;
  const Counter counter = read();
  // Another file is another count: what has happened since can be told by neither.
  const std::uint64_t seen = last_ && last_->file == counter.file ? last_->kills : counter.kills;
  std::uint64_t fresh = counter.kills > seen ? std::min(counter.kills - seen, kMost) : 0;
  last_ = counter;
  std::erase_if(kills_, [&](std::int64_t at) { return now - at > kFreshNs; });
  for (; fresh != 0 && kills_.size() < kMost; --fresh) kills_.push_back(now);
}

void OomWatch::look_now_and_then(std::int64_t now) {
  if (now - looked_at_ns_ >= 1'000'000'000) look(now);
}

bool OomWatch::explains_death(std::int64_t now) {
  look(now);
  if (kills_.empty()) return false;
  kills_.erase(kills_.begin());
  return true;
}

}  // namespace muster::detail

#include "lib/supervisor/oom_watch.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

// More than that die of nothing else together.
constexpr std::uint64_t kMost = 4096;

// The number on the line "oom_kill N".
std::optional<std::uint64_t> kills_in(const std::string& file) {
  constexpr std::string_view kKey = "\noom_kill ";
  const std::string text = "\n" + read_small_file(file);
  const auto at = text.find(kKey);
  if (at == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(at + kKey.size());
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

bool names_memory(std::string_view controllers) {
  return ("," + std::string(controllers) + ",").find(",memory,") != std::string::npos;
}

}  // namespace

// Version 1's where there is one: the controller is in one tree only.
std::string OomWatch::cgroup_file() const {
  std::string unified;
  const std::string text = read_small_file(proc_ + "/self/cgroup");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t line_end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, line_end - begin);
    begin = line_end + 1;
    // "0::/a/b" is version 2, "9:memory:/a/b" version 1.
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string path(line.substr(second + 1));
    if (names_memory(controllers)) return cgroups_ + "/memory" + path + "/memory.oom_control";
    if (controllers.empty()) unified = cgroups_ + path + "/memory.events";
  }
  return unified;
}

OomWatch::Counter OomWatch::read() const {
  for (const std::string& file : {cgroup_file(), proc_ + "/vmstat"}) {
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

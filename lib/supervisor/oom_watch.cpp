#include "lib/supervisor/oom_watch.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "lib/common/small_file.hpp"

namespace muster::detail {

bool OomWatch::has_killed() {
  const std::uint64_t now = count();
  return now > std::exchange(seen_, now);
}

// 0 where the kernel does not say.
std::uint64_t OomWatch::count() {
  constexpr std::string_view kKey = "\noom_kill ";
  const std::string text = read_small_file("/proc/vmstat");
  const auto at = text.find(kKey);
  if (at == std::string::npos) return 0;
  std::string_view rest = std::string_view(text).substr(at + kKey.size());
  return static_cast<std::uint64_t>(take_number(rest).value_or(0));
}

}  // namespace muster::detail

#include "lib/client/process_signs.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "lib/common/deadline.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

// PF_EXITING of the kernel's: its end has begun.
constexpr std::uint64_t kExiting = 0x4;
// The flags stand so many fields behind the state.
constexpr int kFieldsBeforeFlags = 5;

std::uint64_t reading(clockid_t clock) {
  timespec t{};
  if (::clock_gettime(clock, &t) != 0) return 0;
  return static_cast<std::uint64_t>(t.tv_sec) * kNanosPerSecond +
         static_cast<std::uint64_t>(t.tv_nsec);
}

// Of its main thread; where that cannot be read, of all that it has.
std::uint64_t time_on_cpu_of(pid_t pid, const std::string& folder) {
  if (const auto ns = read_number(folder + "/schedstat"); ns && *ns > 0) {
    return static_cast<std::uint64_t>(*ns);
  }
  clockid_t clock{};
  return ::clock_getcpuclockid(pid, &clock) == 0 ? reading(clock) : 0;
}

}  // namespace

ProcessLife life_in(std::string_view stat, std::string_view status) {
  std::string_view rest = behind_name(stat);
  if (rest.empty()) return ProcessLife::unknown;
  const char state = rest.front();
  if (state == 'Z' || state == 'X') return ProcessLife::ends;
  rest.remove_prefix(1);
  for (int i = 0; i < kFieldsBeforeFlags; ++i) take_number(rest);
  const auto flags = take_number(rest);
  if (flags && (static_cast<std::uint64_t>(*flags) & kExiting) != 0) return ProcessLife::ends;
  if (status.find("\nCoreDumping:\t1") != std::string_view::npos) return ProcessLife::ends;
  return state == 'T' || state == 't' ? ProcessLife::stopped : ProcessLife::lives;
}

ProcessSigns signs_of(pid_t pid) {
  const std::string folder = "/proc/" + (pid == 0 ? "self" : std::to_string(pid));
  ProcessSigns signs;
  const std::string stat = read_small_file(folder + "/stat");
  signs.life = life_in(stat, read_small_file(folder + "/status"));
  if (stat.empty() && ::kill(pid == 0 ? ::getpid() : pid, 0) != 0 && errno == ESRCH) {
    signs.life = ProcessLife::gone;
  }
  if (signs.life != ProcessLife::gone) signs.on_cpu = time_on_cpu_of(pid, folder);
  return signs;
}

std::optional<std::uint64_t> time_on_cpu(pthread_t thread) {
  clockid_t clock{};
  if (::pthread_getcpuclockid(thread, &clock) != 0) return std::nullopt;
  const std::uint64_t ns = reading(clock);
  if (ns == 0) return std::nullopt;
  return ns;
}

}  // namespace muster::detail

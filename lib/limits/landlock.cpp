#include "lib/limits/landlock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include <muster/error.hpp>

namespace muster::detail {

namespace {

// Of <linux/landlock.h>, which older systems do not have, and of which newer ones have more.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr std::uint32_t kAskVersion = 1;
constexpr int kPathBeneath = 1;

constexpr std::uint64_t kExecute = 1 << 0;
constexpr std::uint64_t kWriteFile = 1 << 1;
constexpr std::uint64_t kReadFile = 1 << 2;
constexpr std::uint64_t kReadDir = 1 << 3;
constexpr std::uint64_t kRemoveDir = 1 << 4;
constexpr std::uint64_t kRemoveFile = 1 << 5;
constexpr std::uint64_t kMakeChar = 1 << 6;
constexpr std::uint64_t kMakeDir = 1 << 7;
constexpr std::uint64_t kMakeReg = 1 << 8;
constexpr std::uint64_t kMakeSock = 1 << 9;
constexpr std::uint64_t kMakeFifo = 1 << 10;
constexpr std::uint64_t kMakeBlock = 1 << 11;
constexpr std::uint64_t kMakeSym = 1 << 12;
constexpr std::uint64_t kRefer = 1 << 13;     // to link and rename from folder to folder
constexpr std::uint64_t kTruncate = 1 << 14;  // version 3
constexpr std::uint64_t kIoctlDev = 1 << 15;  // version 5
constexpr int kHasIoctlDev = 5;

constexpr std::uint64_t kReading = kExecute | kReadFile | kReadDir;
constexpr std::uint64_t kWriting = kWriteFile | kTruncate | kRemoveDir | kRemoveFile | kMakeDir |
                                   kMakeReg | kMakeSock | kMakeFifo | kMakeSym | kRefer | kIoctlDev;
constexpr std::uint64_t kOfFiles = kExecute | kReadFile | kWriteFile | kTruncate | kIoctlDev;

// What Muster reads in a worker, of the worker itself and of how much memory is left; so do the C++
// library and allocators.
constexpr const char* kOwn[] = {"/proc/self", "/proc/meminfo", "/sys/fs/cgroup",
                                "/sys/kernel/mm/transparent_hugepage"};

struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed;
  std::int32_t fd;
};

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error("limits.files: " + what + ": " + std::generic_category().message(error));
}

// False, and errno, where there is no such path.
bool allow(const FileDescriptor& rules, const std::string& path, std::uint64_t rights) {
  const FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!place || ::fstat(place.get(), &status) != 0) return false;
  if (!S_ISDIR(status.st_mode)) rights &= kOfFiles;
  const PathBeneath rule{rights, place.get()};
  return rights == 0 || ::syscall(kAddRule, rules.get(), kPathBeneath, &rule, 0) == 0;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

FileDescriptor landlock_rules(const FileRules& files) {
  const std::uint64_t known = landlock_version() >= kHasIoctlDev ? ~std::uint64_t{0} : ~kIoctlDev;
  const std::uint64_t handled = (kReading | kWriting | kMakeChar | kMakeBlock) & known;
  FileDescriptor rules(static_cast<int>(::syscall(kCreateRuleset, &handled, sizeof(handled), 0)));
  if (!rules) fail("the kernel makes no rules", errno);
  for (const char* const path : kOwn) {
    if (!allow(rules, path, kReading & ~kExecute) && errno != ENOENT) fail(path, errno);
  }
  for (const std::string& path : files.read) {
    if (!allow(rules, path, kReading)) fail("cannot allow to read \"" + path + "\"", errno);
  }
  for (const std::string& path : files.write) {
    if (!allow(rules, path, kWriting & known))
      fail("cannot allow to write \"" + path + "\"", errno);
  }
  return rules;
}

bool enter_landlock(const FileDescriptor& rules) {
  return ::syscall(kRestrictSelf, rules.get(), 0) == 0;
}

}  // namespace muster::detail

#include "prove/own_folders.hpp"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "support/proc.hpp"

namespace prove {

namespace {

constexpr const char* kTmp = "/tmp";
constexpr const char* kShm = "/dev/shm";

}  // namespace

OwnFolders::OwnFolders(const char* program)
    : base_(std::filesystem::temp_directory_path() / "muster-ends-XXXXXX") {
  if (::mkdtemp(base_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), base_);
  }
  tmp_ = base_ + "/tmp";
  shm_ = base_ + "/shm";
  std::filesystem::create_directory(tmp_);
  std::filesystem::create_directory(shm_);
  whole_ = true;
  whole_ = try_program(program);
}

OwnFolders::~OwnFolders() {
  std::error_code ignored;  // it is a temporary folder
  std::filesystem::remove_all(base_, ignored);
}

bool OwnFolders::enter() const {
  if (!whole_) return ::setenv("TMPDIR", tmp_.c_str(), 1) == 0;
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount(shm_.c_str(), kShm, nullptr, MS_BIND, nullptr) == 0 &&
         ::mount(tmp_.c_str(), kTmp, nullptr, MS_BIND, nullptr) == 0 && ::unsetenv("TMPDIR") == 0;
}

std::vector<std::string> OwnFolders::left(const std::string& word) const {
  std::vector<std::string> found;
  for (const std::string& folder : {tmp_, shm_}) {
    for (const std::string& name : test_support::entries(folder)) {
      found.push_back(folder + "/" + name);
    }
  }
  if (whole_) return found;
  for (const std::string folder : {kTmp, kShm}) {
    for (const std::string& name : test_support::entries(folder)) {
      if (name.find(word) != std::string::npos) found.push_back(folder + "/" + name);
    }
  }
  return found;
}

void OwnFolders::clear() const {
  for (const std::string& folder : {tmp_, shm_}) {
    for (const std::string& name : test_support::entries(folder)) {
      std::filesystem::remove_all(std::filesystem::path(folder) / name);
    }
  }
}

// The program, which wants arguments, says that there are none: then it was found in there.
bool OwnFolders::try_program(const char* program) const {
  constexpr int kUsageError = 2;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDERR_FILENO);
    if (enter()) ::execl(program, program, nullptr);
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == kUsageError;
}

}  // namespace prove

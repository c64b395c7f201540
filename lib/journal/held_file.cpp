#include "lib/journal/held_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/journal/errors.hpp"

namespace muster::detail {
namespace {

ForkSafeMutex files_mutex;

// A new file outlives a crash of the machine once its folder has been written, too. One that may
// not be read cannot be.
void sync_folder(const std::filesystem::path& path, const std::string& name) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system that knows nothing of the sort.
  if (opened && ::fsync(opened.get()) != 0 && errno != EINVAL)
    throw_file_error(name, "cannot be made", errno);
}

}  // namespace

// All that there are in this process.
class HeldFiles {
 public:
  // REQUIRES: files_mutex is held.
  static void add(HeldFile& file) {
    file.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &file;
    first_ = &file;
  }
  static void remove(HeldFile& file) {
    (file.previous_ != nullptr ? file.previous_->next_ : first_) = file.next_;
    if (file.next_ != nullptr) file.next_->previous_ = file.previous_;
  }
  static void close_in_child() {
    for (HeldFile* file = first_; file != nullptr; file = file->next_) file->file_.reset();
    first_ = nullptr;
  }

 private:
  static constinit HeldFile* first_;
};

constinit HeldFile* HeldFiles::first_ = nullptr;

namespace {
const ForkHandler close_in_child(&HeldFiles::close_in_child);
}

HeldFile::HeldFile(const std::filesystem::path& path) {
  bool is_new = false;
  {
    // A child that is forked meanwhile would have the descriptor and not know of it.
    const std::lock_guard lock(files_mutex);
    is_new = open_and_lock(path);
    HeldFiles::add(*this);
  }
  try {
    if (is_new) sync_folder(path, path.string());
  } catch (...) {
    let_go();
    throw;
  }
}

HeldFile::~HeldFile() { let_go(); }

// True if there was none.
bool HeldFile::open_and_lock(const std::filesystem::path& path) {
  const std::string name = path.string();
  if (name.find('\0') != std::string::npos) {
    throw InvalidArgumentError("the name of the journal has a zero byte in it");
  }
  constexpr mode_t kMode = 0666;
  file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  const bool is_new = !file_ && errno == ENOENT;
  if (is_new) file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (!file_) throw_file_error(name, "cannot be opened", errno);
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw_file_error(name, "cannot be locked", errno);
    throw JournalError("the journal '" + name +
                       "' is being written by another map, of this program or another one. Wait "
                       "for its end, or name another file.");
  }
  return is_new;
}

void HeldFile::let_go() noexcept {
  const std::lock_guard lock(files_mutex);
  HeldFiles::remove(*this);
  file_.reset();
}

}  // namespace muster::detail

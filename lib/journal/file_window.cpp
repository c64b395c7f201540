#include "lib/journal/file_window.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <muster/error.hpp>

#include "lib/journal/errors.hpp"

namespace muster::detail {

std::span<const std::byte> FileWindow::read(std::uint64_t place, std::size_t size) {
  if (place < begin_ || place - begin_ > held_ || held_ - (place - begin_) < size) {
    held_ = 0;
    begin_ = place;
    bytes_.resize(std::max(size, std::min<std::size_t>(kAhead, bytes_.size() * 4 + 4096)));
    while (held_ < size) {
      const ssize_t got = ::pread(fd_, bytes_.data() + held_, bytes_.size() - held_,
                                  static_cast<off_t>(begin_ + held_));
      if (got == 0) break;
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw_file_error(name_, "cannot be read", errno);
      held_ += static_cast<std::size_t>(got);
    }
  }
  const std::size_t skip = place - begin_;
  return {bytes_.data() + skip, std::min(size, held_ - skip)};
}

std::uint64_t FileWindow::file_size() const {
  struct stat about {};
  if (::fstat(fd_, &about) != 0) throw_file_error(name_, "cannot be read", errno);
  if (!S_ISREG(about.st_mode)) {
    throw JournalError("the journal '" + name_ + "' is no regular file; name another one");
  }
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace muster::detail

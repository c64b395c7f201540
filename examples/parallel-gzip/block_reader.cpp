#include "block_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <span>

namespace parallel_gzip {

static_assert(std::ranges::input_range<BlockReader>);

InputFile::InputFile(const std::string& path)
    : path_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_.get() < 0) throw_errno("cannot open " + quoted(path));
  struct stat status = {};
  if (fstat(fd_.get(), &status) != 0) throw_errno("cannot examine " + quoted(path));
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    throw_errno("cannot compress " + quoted(path));
  }
  if (S_ISREG(status.st_mode)) size_ = static_cast<std::uint64_t>(status.st_size);
  mode_ = status.st_mode & 0777;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

bool InputFile::is_same_file(const std::string& other_path) const {
  struct stat status = {};
  return stat(other_path.c_str(), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

BlockReader::BlockReader(const InputFile& file, std::size_t block_size, const StopSignals* signals,
                         std::uint64_t limit)
    : file_(file), block_size_(block_size), signals_(signals), remaining_(limit) {}

BlockReader::Iterator BlockReader::begin() {
  advance();
  return Iterator(this);
}

void BlockReader::advance() {
  const std::size_t kept = std::min(window_.size(), kDictionarySize);
  window_.erase(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(kept));
  const std::size_t wanted = std::min<std::uint64_t>(block_size_, remaining_);
  window_.resize(kept + wanted);

  // A pipe gives a part at a time; only 0 bytes mean the end.
  std::size_t got = 0;
  while (got < wanted) {
    if (signals_ != nullptr) signals_->wait_readable(file_.fd());
    const std::size_t n =
        read_some(file_.fd(), std::span(window_).subspan(kept + got), quoted(file_.path()));
    if (n == 0) break;
    got += n;
  }
  // A short block is the last one, even if the file has grown by now: every block but the first
  // has a whole dictionary before it.
  remaining_ = got < block_size_ ? 0 : remaining_ - got;
  window_.resize(got == 0 ? 0 : kept + got);
}

}  // namespace parallel_gzip

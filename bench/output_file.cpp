#include "bench/output_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace bench {

namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_and_close(int fd, std::string_view text, const std::string& what) {
  const auto fail = [&] {
    const int error = errno;
    ::close(fd);
    errno = error;
    throw_errno(what);
  };
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  // Else a power cut could leave the name with nothing in it. A pipe has nothing to sync.
  if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS) fail();
  if (::close(fd) != 0) throw_errno(what);
}

// The rights of the file that is replaced, or of any new file.
mode_t rights_for(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return status.st_mode & 07777;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

// A new file in the same folder, removed unless keep() was called.
class FileBeside {
 public:
  FileBeside(const std::filesystem::path& path, const std::string& what)
      : path_(path.string() + ".XXXXXX"), fd_(::mkostemp(path_.data(), O_CLOEXEC)) {
    if (fd_ < 0) throw_errno(what);
  }
  ~FileBeside() {
    if (fd_ >= 0) ::close(fd_);
    if (!kept_) ::unlink(path_.c_str());
  }
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;

  const std::string& path() const { return path_; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void keep() { kept_ = true; }

 private:
  std::string path_;
  int fd_;
  bool kept_ = false;
};

}  // namespace

OutputFile::OutputFile(const std::string& path) : name_(path) {
  std::error_code ignored;  // a path that leads nowhere is told of below
  path_ = std::filesystem::weakly_canonical(path, ignored);
  if (ignored) path_ = path;
  const auto status = std::filesystem::status(path, ignored);
  regular_ = std::filesystem::is_regular_file(status) || !std::filesystem::exists(status);
  const std::string what = "cannot write " + name_;
  if (std::filesystem::is_directory(status)) {
    errno = EISDIR;
    throw_errno(what);
  }
  if (std::filesystem::exists(status) && ::access(path.c_str(), W_OK) != 0) throw_errno(what);
  if (regular_) const FileBeside tried(path_, what);
}

void OutputFile::write(std::string_view text) const {
  const std::string what = "cannot write " + name_;
  if (!regular_) {
    const int fd = ::open(name_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) throw_errno(what);
    write_and_close(fd, text, what);
    return;
  }
  FileBeside file(path_, what);
  if (::fchmod(file.get(), rights_for(path_)) != 0) throw_errno(what);
  write_and_close(file.release(), text, what);
  file.keep();
  if (::rename(file.path().c_str(), path_.c_str()) != 0) {
    throw_errno(fmt::format("{}, what it was to hold is in {}", what, file.path()));
  }
}

bool try_to_write(const OutputFile& file, const std::function<std::string()>& make_text,
                  std::vector<std::string>& failures) {
  try {
    file.write(make_text());
    return true;
  } catch (const std::system_error& error) {
    failures.emplace_back(error.what());
  } catch (const std::exception& error) {
    failures.push_back(fmt::format("cannot write {}: {}", file.name(), error.what()));
  }
  return false;
}

}  // namespace bench

#include "output_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace parallel_gzip {
namespace {

// Throws if a finished file must not be put under this name. A device is never replaced.
void check_name_is_free(const std::string& path, bool replace) {
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    throw_errno("cannot write " + quoted(path));
  }
  if (!replace) throw std::runtime_error(quoted(path) + " exists already; -f replaces it");
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
    throw std::runtime_error(quoted(path) +
                             " is not a regular file and is not replaced; use -c to write to it");
  }
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

OutputFile::OutputFile(const std::string& path, bool replace, unsigned mode)
    : path_(path), folder_(folder_of(path_)), replace_(replace), mode_(mode) {
  if (!path_.has_filename()) {
    throw std::runtime_error("cannot write " + quoted(path) + ": it names no file");
  }
  check_name_is_free(path, replace);
  std::string name = folder_ / ".parallel-gzip.XXXXXX";
  fd_ = Descriptor(mkostemp(name.data(), O_CLOEXEC));
  if (fd_.get() < 0) throw_errno("cannot make a file in " + quoted(folder_));
  temporary_ = name;
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::write(Bytes bytes) { write_all(fd_.get(), bytes, quoted(path_)); }

void OutputFile::commit() {
  const std::string doing = "cannot write " + quoted(path_);
  if (fchmod(fd_.get(), mode_) != 0) throw_errno(doing);
  if (fsync(fd_.get()) != 0) throw_errno(doing);
  if (close(fd_.release()) != 0) throw_errno(doing);
  rename_into_place();
  temporary_.clear();

  // The name is on the disk once the folder is. EINVAL: a file system without such a thing.
  const Descriptor folder(open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) throw_errno(doing);
  if (fsync(folder.get()) != 0 && errno != EINVAL) throw_errno(doing);
}

void OutputFile::rename_into_place() {
  const char* from = temporary_.c_str();
  const char* to = path_.c_str();
  if (!replace_) {
    // A file that came to be since the check is not overwritten either.
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return;
    // EINVAL, ENOSYS: not known here. Then the check is repeated, as near as can be.
    if (errno != EINVAL && errno != ENOSYS) throw_errno("cannot name " + quoted(path_));
    check_name_is_free(path_, replace_);
  }
  if (rename(from, to) != 0) throw_errno("cannot name " + quoted(path_));
}

}  // namespace parallel_gzip

#include "descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace parallel_gzip {

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

void throw_errno(const std::string& doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

std::string quoted(const std::string& path) { return "'" + path + "'"; }

std::size_t read_some(int fd, std::span<unsigned char> into, const std::string& name) {
  for (;;) {
    const ssize_t n = read(fd, into.data(), into.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) throw_errno("cannot read " + name);
  }
}

void write_all(int fd, Bytes bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      throw_errno("cannot write " + name);
    }
  }
}

void fill_standard_descriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // open takes the lowest free number, which is fd.
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) {
      throw_errno("cannot open '/dev/null'");
    }
  }
}

}  // namespace parallel_gzip

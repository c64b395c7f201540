#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace parallel_gzip {

using Bytes = std::span<const unsigned char>;

// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// Throws std::system_error for the current errno; what() is "<doing>: <the error's text>".
[[noreturn]] void throw_errno(const std::string& doing);

// "'path'", for messages.
std::string quoted(const std::string& path);

// Reads once, at most into.size() bytes; 0 at the end of the file. `name` is for the error.
std::size_t read_some(int fd, std::span<unsigned char> into, const std::string& name);

// Writes all of `bytes`. `name` is for the error.
void write_all(int fd, Bytes bytes, const std::string& name);

// Opens /dev/null for each of the descriptors 0, 1 and 2 that the program was started without.
// Otherwise the next file opened would take that number, and messages would end up in it. What
// was closed stays unusable: standard output cannot be written to, standard input not be read.
void fill_standard_descriptors();

}  // namespace parallel_gzip

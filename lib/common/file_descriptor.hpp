#pragma once

#include <utility>

namespace muster::detail {

// An owned file descriptor. In a program that has closed standard ones the kernel gives their
// numbers out again; what is printed would go there, so they are exchanged for others.
class FileDescriptor {
 public:
  static constexpr int kStandard = 3;  // as many: input, output, error

  FileDescriptor() = default;
  // Below 0: none. Empty, and errno set, where a standard one cannot be exchanged.
  explicit FileDescriptor(int fd) : fd_(fd) {
    if (fd >= 0 && fd < kStandard) [[unlikely]]
      exchange();
  }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();
  int release() { return std::exchange(fd_, -1); }

 private:
  void exchange();

  int fd_ = -1;
};

}  // namespace muster::detail

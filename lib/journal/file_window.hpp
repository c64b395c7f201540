#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace muster::detail {

// Reads parts of a file, nearly in order, with few system calls; the file may be cut meanwhile, so
// it is not mapped. Thread safety: none.
class FileWindow {
 public:
  // `name`: for messages. The descriptor stays the caller's.
  FileWindow(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  // The bytes there, fewer where the file ends before; valid until the next call. Throws
  // JournalError where they cannot be read.
  std::span<const std::byte> read(std::uint64_t place, std::size_t size);

  // Bytes in the file now.
  std::uint64_t file_size() const;

  const std::string& name() const { return name_; }

 private:
  static constexpr std::size_t kAhead = std::size_t{256} << 10;

  int fd_;
  std::string name_;
  std::vector<std::byte> bytes_;
  std::size_t held_ = 0;     // bytes of the file in bytes_
  std::uint64_t begin_ = 0;  // of them, in the file
};

}  // namespace muster::detail

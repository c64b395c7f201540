#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "descriptor.hpp"
#include "stop_signals.hpp"

namespace parallel_gzip {

// The history that deflate can refer back to.
inline constexpr std::size_t kDictionarySize = 32 * 1024;

// An opened input file: a regular file, or anything that can be read but a folder.
class InputFile {
 public:
  // Throws std::system_error if it cannot be opened.
  explicit InputFile(const std::string& path);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  // In bytes, when it was opened; 0 unless it is a regular file.
  std::uint64_t size() const { return size_; }
  unsigned mode() const { return mode_; }
  bool is_same_file(const std::string& other_path) const;

 private:
  std::string path_;
  Descriptor fd_;
  std::uint64_t size_ = 0;
  unsigned mode_ = 0;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

// A file as an input range of windows: each is the last 32 KiB of the block before (nothing for
// the first block) followed by a block. Only one window is held at a time, so a file may be
// larger than memory. The last block may be shorter; none is empty. Reading throws
// std::system_error, or Interrupted where signals are given.
class BlockReader {
 public:
  using Window = std::vector<unsigned char>;

  // block_size >= kDictionarySize. Reads no more than `limit` bytes of the file.
  BlockReader(const InputFile& file, std::size_t block_size, const StopSignals* signals,
              std::uint64_t limit = std::numeric_limits<std::uint64_t>::max());
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Window;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(BlockReader* reader) : reader_(reader) {}
    const Window& operator*() const { return reader_->window_; }
    Iterator& operator++() {
      reader_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return reader_->window_.empty(); }

   private:
    BlockReader* reader_ = nullptr;
  };

  // Reads the first block. A file can be read once.
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

 private:
  // Makes window_ the next one; empty at the end of the file.
  void advance();

  const InputFile& file_;
  const std::size_t block_size_;
  const StopSignals* const signals_;
  std::uint64_t remaining_;
  Window window_;
};

}  // namespace parallel_gzip

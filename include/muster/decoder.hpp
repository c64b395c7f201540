#pragma once

#include <cstddef>
#include <cstring>
#include <memory>

#include <muster/detail/shared_block.hpp>
#include <muster/encoder.hpp>

namespace muster {

// Reads back what an Encoder wrote. It believes nothing: every length is held against the bytes
// that remain, and what does not fit is an EncodingError. A result may be read where its
// worker has left it, and a worker that writes over its memory changes it meanwhile: a Codec reads
// what it checks once, and uses the copy. Thread safety: none, one thread at a time.
class Decoder {
 public:
  // Reads [begin, begin + size). Views of T are aligned for T only where `begin` is aligned as
  // the encoder's region was. `modules`: the table with which addresses of functions were
  // encoded; null: all that are loaded now. `blocks`: where the blocks of shared memory are that
  // came along; null: there are none.
  Decoder(const std::byte* begin, std::size_t size, const detail::ModuleTable* modules = nullptr,
          detail::BlockReceiver* blocks = nullptr) noexcept
      : begin_(begin), at_(begin), end_(begin + size), modules_(modules), blocks_(blocks) {}

  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Copies the next `size` bytes to `out`. Throws EncodingError past the end.
  void read(void* out, std::size_t size) {
    const std::byte* from = view(size);
    if (size != 0) std::memcpy(out, from, size);
  }

  // Reads a value that was written as a U. Throws EncodingError past the end and for bytes that
  // are no U. Defined in <muster/codec.hpp>.
  template <class U>
  U read();

  // The next `size` bytes in place: they live as long as the region. EncodingError past the end.
  const std::byte* view(std::size_t size) {
    if (size > remaining()) [[unlikely]]
      throw_past_end(size);
    const std::byte* place = at_;
    at_ += size;
    return place;
  }

  // Reads a number of elements of which each takes at least `bytes_each` (not 0) bytes; more than
  // could be there is an EncodingError.
  std::size_t read_count(std::size_t bytes_each);

  // Skips what Encoder::align wrote.
  void align(std::size_t alignment) {
    view((0 - static_cast<std::size_t>(at_ - begin_)) & (alignment - 1));
  }

  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

  // For codecs within Muster.
  // What finds the blocks that came along. Throws EncodingError where none did.
  detail::BlockReceiver& blocks() const;
  // Throws EncodingError where it has not come along.
  std::shared_ptr<detail::SharedBlock> receive_block(const detail::BlockReference& reference,
                                                     detail::SharedBlock::Access access);
  std::unique_ptr<detail::CodecContext>& context() noexcept { return context_; }
  const detail::ModuleTable* modules() const noexcept { return modules_; }
  unsigned& depth() noexcept { return depth_; }

  // Lets the next `size` bytes be read and no more, until show() is given what this returned;
  // size <= remaining().
  std::size_t hide_after(std::size_t size) noexcept {
    const std::size_t hidden = remaining() - size;
    end_ -= hidden;
    return hidden;
  }
  void show(std::size_t hidden) noexcept { end_ += hidden; }

 private:
  [[noreturn]] void throw_past_end(std::size_t size) const;

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  const detail::ModuleTable* modules_;
  detail::BlockReceiver* blocks_;
  std::unique_ptr<detail::CodecContext> context_;
  unsigned depth_ = 0;
};

namespace detail {

[[noreturn]] void throw_not_all_read(std::size_t remaining);

// EncodingError if something is left: an encode and a decode that disagree.
inline void check_all_read(const Decoder& in) {
  if (in.remaining() != 0) [[unlikely]]
    throw_not_all_read(in.remaining());
}

}  // namespace detail

}  // namespace muster

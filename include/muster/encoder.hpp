#pragma once

#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>

namespace muster {

namespace detail {

class ModuleTable;
class BlockSender;
class SharedBlock;
struct BlockReference;

// What an Encoder asks when its region is full.
struct Growth {
  // Returns a region of at least `wanted` bytes that starts with the first `used` bytes of `old`,
  // and sets `new_end` to its end. `old` is dead afterwards. Throws EncodingError or
  // std::bad_alloc where there is no more room; `old` is untouched then.
  virtual std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                          std::byte*& new_end) = 0;
  // So many bytes will be written in all, as far as is known now.
  virtual void expect(std::size_t /*size*/) noexcept {}
  // As std::memcpy into the region, for kLargeCopy bytes and more: there may be a faster way.
  static constexpr std::size_t kLargeCopy = std::size_t{1} << 20;
  virtual void copy(std::byte* place, const void* data, std::size_t size) noexcept {
    std::memcpy(place, data, size);
  }
  // Takes blocks of shared memory along; null: none can travel with this message.
  virtual BlockSender* blocks() noexcept { return nullptr; }

 protected:
  ~Growth() = default;
};

// What a codec keeps from one value to the next of the same message: the shared pointers met.
struct CodecContext {
  CodecContext() = default;
  CodecContext(const CodecContext&) = delete;
  CodecContext& operator=(const CodecContext&) = delete;
  virtual ~CodecContext() = default;
};

}  // namespace detail

// Writes values one after another into a region of memory, which Muster provides and grows.
// A Codec<T> is handed one. Thread safety: none, one thread at a time.
class Encoder {
 public:
  // Writes into [begin, end), then into what `growth` gives; without it a full region is an
  // EncodingError. `begin` is aligned to 64 bytes wherever spans are to be read in place.
  // `modules`: the modules that the reader knows, for addresses of functions; null: all that are
  // loaded now.
  Encoder(std::byte* begin, std::byte* end, detail::Growth* growth = nullptr,
          const detail::ModuleTable* modules = nullptr) noexcept
      : begin_(begin), at_(begin), end_(end), growth_(growth), modules_(modules) {}

  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Appends `size` bytes as they are.
  void write(const void* data, std::size_t size) {
    if (size >= detail::Growth::kLargeCopy && growth_ != nullptr) [[unlikely]] {
      growth_->copy(extend(size), data, size);
    } else if (size != 0) {
      std::memcpy(extend(size), data, size);
    }
  }

  // Appends a value of any type that can travel, to be read with Decoder::read<U>().
  // Throws EncodingError. Defined in <muster/codec.hpp>.
  template <class U>
  void write(const U& value);

  // Appends `size` bytes for the caller to fill; valid until the next call.
  std::byte* extend(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) [[unlikely]]
      make_room(size);
    std::byte* place = at_;
    at_ += size;
    return place;
  }

  // Appends zeros until size() is a multiple of `alignment`, a power of two. What follows lies at
  // such an address up to 64.
  void align(std::size_t alignment) {
    const std::size_t padding = (0 - size()) & (alignment - 1);
    if (padding != 0) std::memset(extend(padding), 0, padding);
  }

  // Forgets everything after the first `size` bytes; size <= size().
  void truncate(std::size_t size) noexcept { at_ = begin_ + size; }

  // Says that about so many more bytes will be written: memory for all of them may be taken at
  // once.
  void expect(std::size_t size) noexcept {
    if (growth_ != nullptr && size > static_cast<std::size_t>(end_ - at_) &&
        size <= kMost - this->size())
      growth_->expect(this->size() + size);
  }

  // What was written so far. The address changes as the region grows.
  std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  const std::byte* data() const noexcept { return begin_; }

  // For codecs within Muster.
  // What the reader finds the block by. Throws EncodingError where none can travel.
  detail::BlockReference send_block(const std::shared_ptr<detail::SharedBlock>& block);
  std::unique_ptr<detail::CodecContext>& context() noexcept { return context_; }
  const detail::ModuleTable* modules() const noexcept { return modules_; }
  unsigned& depth() noexcept { return depth_; }

 private:
  // No memory is larger; what rounds a size up, or doubles it, need not fear to come round to zero.
  static constexpr std::size_t kMost = std::numeric_limits<std::ptrdiff_t>::max();

  void make_room(std::size_t more);

  std::byte* begin_;
  std::byte* at_;
  std::byte* end_;
  detail::Growth* growth_;
  const detail::ModuleTable* modules_;
  std::unique_ptr<detail::CodecContext> context_;
  unsigned depth_ = 0;
};

}  // namespace muster

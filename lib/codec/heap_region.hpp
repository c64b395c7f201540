#pragma once

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>

#include <muster/encoder.hpp>

namespace muster::detail {

// Memory of this process for an Encoder to write to, doubled as it fills, aligned to 64 bytes.
class HeapRegion final : public Growth {
 public:
  HeapRegion() = default;
  ~HeapRegion() { release(); }
  HeapRegion(const HeapRegion&) = delete;
  HeapRegion& operator=(const HeapRegion&) = delete;

  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override {
    constexpr std::size_t kLeast = 256;
    std::size_t size = kLeast;
    while (size < wanted && size < std::numeric_limits<std::size_t>::max() / 2) size *= 2;
    if (size < wanted) throw std::bad_alloc();
    auto* place = static_cast<std::byte*>(::operator new(size, kAlign));
    if (used != 0) std::memcpy(place, old, used);
    release();
    begin_ = place;
    new_end = place + size;
    return place;
  }

 private:
  static constexpr std::align_val_t kAlign{64};

  void release() {
    if (begin_ != nullptr) ::operator delete(begin_, kAlign);
  }

  std::byte* begin_ = nullptr;
};

}  // namespace muster::detail

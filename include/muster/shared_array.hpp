#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/codec.hpp>
#include <muster/detail/codec_kind.hpp>
#include <muster/detail/shared_block.hpp>

namespace muster {

namespace detail {

// Bytes of so many elements. Throws InvalidArgumentError where there cannot be so many.
std::size_t array_bytes(std::size_t count, std::size_t each);
[[noreturn]] void throw_bad_part(std::size_t first, std::size_t count, std::size_t size);
[[noreturn]] void throw_bad_array(std::uint64_t offset, std::uint64_t bytes, std::uint64_t size);

template <class T>
struct SharedArrayCodec;

}  // namespace detail

// An array in memory that client and workers of process pools share. As an argument or a result it
// travels by reference: nothing is copied, however large it is, and what one process writes the
// others see. Copies of the handle share the array, and so do its parts; it is freed when the last
// of them is gone in all processes, those that were killed included. An array that the program
// holds when a pool is made is inherited by the pool's processes, and lives at least as long as the
// pool.
//
//   SharedArray<double> data(1'000'000);
//   double sum(SharedArray<const double> a) { return std::reduce(a.begin(), a.end()); }
//   Future<double> future = pool.submit(sum, data);
//
// A SharedArray<const T>, which a SharedArray<T> turns into, cannot be written by who is given it:
// a worker gets it read-only, and one that writes to it all the same is killed by SIGSEGV.
//
// T is trivially copyable and holds no addresses. Each array takes one file descriptor and whole
// pages: share one large array in parts rather than many small ones. It travels in the arguments
// and results of tasks alone, not in exceptions.
//
// Thread safety: of the handle, as of a std::shared_ptr. Who reads what another process writes must
// know when it has: a task's arguments are seen by the task, what a task wrote by who has its
// result; what runs at the same time synchronises by std::atomic_ref.
template <class T>
class SharedArray {
  using Element = std::remove_const_t<T>;
  static_assert(std::is_trivially_copyable_v<Element> && !std::is_volatile_v<T>,
                "muster: the elements of a SharedArray must be trivially copyable: they are bytes "
                "in memory that several processes share. Send a std::vector of them instead.");
  static_assert(!std::is_trivially_copyable_v<Element> || !detail::holds_address<Element>(),
                "muster: the elements of a SharedArray hold addresses, which mean nothing in "
                "another process. Use indices into the array.");
  static_assert(alignof(Element) <= 4096,
                "muster: the elements of a SharedArray may be aligned to 4096 bytes at the most: "
                "its memory begins at a page.");

 public:
  using element_type = T;
  using value_type = Element;
  using size_type = std::size_t;
  using iterator = T*;

  // Of no elements; takes no memory.
  SharedArray() noexcept = default;

  // `size` elements, all bytes of them 0. Throws InvalidArgumentError where so many cannot be,
  // Error where there is no memory for them.
  explicit SharedArray(std::size_t size)
    requires(!std::is_const_v<T>)
  {
    const std::size_t bytes = detail::array_bytes(size, sizeof(T));
    if (bytes == 0) return;
    block_ = detail::SharedBlock::make(bytes);
    data_ = reinterpret_cast<T*>(block_->data());
    size_ = size;
  }

  // A copy of these elements. Throws as the constructor does.
  static SharedArray from(std::span<const Element> elements) {
    SharedArray<Element> array(elements.size());
    if (!elements.empty()) std::copy(elements.begin(), elements.end(), array.data());
    return array;
  }
  static SharedArray from(std::initializer_list<Element> elements) {
    return from(std::span<const Element>(elements.begin(), elements.size()));
  }
  template <std::ranges::input_range R>
    requires std::convertible_to<std::ranges::range_reference_t<R>, Element> &&
             (!std::convertible_to<R &&, std::span<const Element>>)
  static SharedArray from(R&& elements) {
    if constexpr (std::ranges::sized_range<R>) {
      SharedArray<Element> array(static_cast<std::size_t>(std::ranges::size(elements)));
      std::ranges::copy(elements, array.data());
      return array;
    } else {
      std::vector<Element> all;
      for (auto&& each : elements) all.push_back(static_cast<Element>(each));
      return from(std::span<const Element>(all));
    }
  }

  // Read-only from here on.
  template <class U>
    requires(std::is_const_v<T> && std::is_same_v<U, Element>)
  SharedArray(const SharedArray<U>& other) noexcept  // NOLINT: implicit, as of pointers
      : block_(other.block_), data_(other.data_), size_(other.size_) {}

  std::span<T> span() const noexcept { return {data_, size_}; }
  T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t index) const noexcept { return data_[index]; }
  T* begin() const noexcept { return data_; }
  T* end() const noexcept { return data_ + size_; }

  // `count` elements from `first` on, in the same memory, which they keep. Throws
  // InvalidArgumentError for what is not in it.
  SharedArray subarray(std::size_t first, std::size_t count) const {
    if (first > size_ || count > size_ - first) detail::throw_bad_part(first, count, size_);
    SharedArray part;
    if (count == 0) return part;
    part.block_ = block_;
    part.data_ = data_ + first;
    part.size_ = count;
    return part;
  }

 private:
  template <class U>
  friend class SharedArray;
  template <class U>
  friend struct detail::SharedArrayCodec;

  std::shared_ptr<detail::SharedBlock> block_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

template <class T>
struct SharedArrayCodec : DynamicCodec<sizeof(std::uint64_t)> {
  // However many elements it has: they stay where they are.
  static constexpr std::size_t kSizeHint = 2 * sizeof(std::uint64_t) + sizeof(BlockReference);
  static constexpr auto kAccess =
      std::is_const_v<T> ? SharedBlock::Access::read_only : SharedBlock::Access::read_write;

  static void encode(Encoder& out, const SharedArray<T>& array) {
    out.write(static_cast<std::uint64_t>(array.size_));
    if (array.size_ == 0) return;
    const auto* const begin = reinterpret_cast<const std::byte*>(array.data_);
    out.write(static_cast<std::uint64_t>(begin - array.block_->data()));
    out.write(out.send_block(array.block_));
  }
  static SharedArray<T> decode(Decoder& in) {
    SharedArray<T> array;
    const auto size = in.read<std::uint64_t>();
    if (size == 0) return array;
    const auto offset = in.read<std::uint64_t>();
    array.block_ = in.receive_block(in.read<BlockReference>(), kAccess);
    const std::uint64_t bytes = array.block_->size();
    if (offset % alignof(T) != 0 || offset > bytes || size > (bytes - offset) / sizeof(T)) {
      throw_bad_array(offset, size, bytes);
    }
    array.data_ = reinterpret_cast<T*>(array.block_->data() + offset);
    array.size_ = size;
    return array;
  }
};

template <class T>
struct NativeCodec<SharedArray<T>> : SharedArrayCodec<T> {};

}  // namespace detail

}  // namespace muster

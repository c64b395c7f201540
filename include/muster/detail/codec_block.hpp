#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <muster/detail/codec_kind.hpp>
#include <muster/detail/huge_pages.hpp>

// Contiguous values that travel as bytes: a count, padding, the bytes aligned for the type. The
// same for vectors, strings and views, so that one can be written and the other read.
namespace muster::detail {

[[noreturn]] void throw_misaligned(std::size_t alignment);

// Regions of messages are aligned to so many bytes.
inline constexpr std::size_t kRegionAlignment = 64;

template <class T>
void encode_block(Encoder& out, const T* data, std::size_t count) {
  const std::uint64_t prefix = count;
  out.write(&prefix, sizeof(prefix));
  if constexpr (alignof(T) > 1) out.align(alignof(T));
  out.write(data, count * sizeof(T));
}

// At most what encode_block writes.
template <class T>
constexpr std::size_t block_size(std::size_t count) {
  return sizeof(std::uint64_t) + (alignof(T) - 1) + count * sizeof(T);
}

template <class T>
bool is_aligned(const std::byte* place) {
  return reinterpret_cast<std::uintptr_t>(place) % alignof(T) == 0;
}

// The bytes of a block; `count` of T.
template <class T>
const std::byte* block_bytes(Decoder& in, std::size_t& count) {
  count = in.read_count(sizeof(T));
  if constexpr (alignof(T) > 1) in.align(alignof(T));
  return in.view(count * sizeof(T));
}

// A view of the values where they lie; alignof(T) <= kRegionAlignment.
template <class T>
std::span<const T> view_block(Decoder& in) {
  std::size_t count = 0;
  const std::byte* bytes = block_bytes<T>(in, count);
  if (!is_aligned<T>(bytes) && count != 0) throw_misaligned(alignof(T));
  return {reinterpret_cast<const T*>(bytes), count};
}

// A std::vector or std::string of the values.
template <class Container>
Container copy_block(Decoder& in) {
  using T = typename Container::value_type;
  std::size_t count = 0;
  const std::byte* bytes = block_bytes<T>(in, count);
  Container values;
  if (is_aligned<T>(bytes)) {
    const T* first = reinterpret_cast<const T*>(bytes);
    if (count * sizeof(T) >= kWorthHugePages) {
      values.reserve(count);
      ask_for_huge_pages(values.data(), count * sizeof(T));
    }
    values.assign(first, first + count);
  } else {
    // Seldom: the region is not aligned as the encoder's was, or not as T is.
    values.reserve(count);
    Decoder one_by_one(bytes, count * sizeof(T));
    while (one_by_one.remaining() != 0) values.push_back(decode_value<T>(one_by_one));
  }
  return values;
}

template <class C, class Traits, class A>
struct NativeCodec<std::basic_string<C, Traits, A>> : DynamicCodec<sizeof(std::uint64_t)> {
  using String = std::basic_string<C, Traits, A>;
  static void encode(Encoder& out, const String& value) {
    encode_block(out, value.data(), value.size());
  }
  static String decode(Decoder& in) { return copy_block<String>(in); }
};

}  // namespace muster::detail

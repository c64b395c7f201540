#pragma once

// What a target makes of the bytes that it is given: each question takes some from the front, and
// is answered by zeros where there are none left.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

namespace fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }

  template <class T>
  T take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const auto bytes = take_bytes(sizeof(T));
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  // 0 <= answer < end.
  std::uint32_t below(std::uint32_t end) { return take<std::uint8_t>() % end; }
  bool flag() { return (take<std::uint8_t>() & 1) != 0; }

  // The byte that comes next.
  std::uint8_t peek() const { return empty() ? 0 : rest_.front(); }

  // At most `size` bytes, fewer where there are no more.
  std::span<const std::uint8_t> take_bytes(std::size_t size) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::string take_text(std::size_t size) {
    const auto bytes = take_bytes(size);
    return {bytes.begin(), bytes.end()};
  }
  std::span<const std::uint8_t> rest() { return take_bytes(rest_.size()); }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace fuzz

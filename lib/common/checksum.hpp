#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <boost/crc.hpp>

namespace muster::detail {

// CRC-32C of a key and of bytes, piece by piece. The key says whose bytes they are, so that what
// was another's, or theirs at another time, has another checksum.
class Checksum {
 public:
  explicit Checksum(std::initializer_list<std::uint64_t> key);
  void add(const std::byte* data, std::size_t size);
  std::uint32_t value() const { return crc_.checksum(); }

 private:
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc_;
};

// The same of bytes that are all there.
std::uint32_t checksum(std::initializer_list<std::uint64_t> key, const std::byte* data,
                       std::size_t size);

// CRC-64 (ECMA-182, reflected) of the size and the bytes, to tell values from others.
std::uint64_t wide_checksum(const std::byte* data, std::size_t size);

}  // namespace muster::detail

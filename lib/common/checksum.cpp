#include "lib/common/checksum.hpp"

namespace muster::detail {

Checksum::Checksum(std::initializer_list<std::uint64_t> key) {
  crc_.process_bytes(key.begin(), key.size() * sizeof(std::uint64_t));
}

void Checksum::add(const std::byte* data, std::size_t size) { crc_.process_bytes(data, size); }

std::uint32_t checksum(std::initializer_list<std::uint64_t> key, const std::byte* data,
                       std::size_t size) {
  Checksum sum(key);
  sum.add(data, size);
  return sum.value();
}

std::uint64_t wide_checksum(const std::byte* data, std::size_t size) {
  boost::crc_optimal<64, 0x42F0E1EBA9EA3693, ~std::uint64_t{0}, ~std::uint64_t{0}, true, true> crc;
  const std::uint64_t length = size;
  crc.process_bytes(&length, sizeof(length));
  crc.process_bytes(data, size);
  return crc.checksum();
}

}  // namespace muster::detail

#include "lib/common/checksum.hpp"

#include <boost/crc.hpp>

namespace muster::detail {

std::uint32_t checksum(std::initializer_list<std::uint64_t> key, const std::byte* data,
                       std::size_t size) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(key.begin(), key.size() * sizeof(std::uint64_t));
  crc.process_bytes(data, size);
  return crc.checksum();
}

std::uint64_t wide_checksum(const std::byte* data, std::size_t size) {
  boost::crc_optimal<64, 0x42F0E1EBA9EA3693, ~std::uint64_t{0}, ~std::uint64_t{0}, true, true> crc;
  const std::uint64_t length = size;
  crc.process_bytes(&length, sizeof(length));
  crc.process_bytes(data, size);
  return crc.checksum();
}

}  // namespace muster::detail

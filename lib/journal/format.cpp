#include "lib/journal/format.hpp"

#include <charconv>
#include <cstddef>

namespace muster::detail {

std::uint32_t checksum_of(const FileHeader& header) {
  return checksum({}, reinterpret_cast<const std::byte*>(&header), offsetof(FileHeader, checksum));
}

std::uint32_t checksum_of_identity(std::uint64_t salt, const std::byte* text,
                                   std::size_t padded_bytes) {
  return checksum({salt}, text, padded_bytes);
}

std::uint32_t checksum_of(const RecordHeader& header, std::uint64_t salt, std::uint64_t place,
                          const std::byte* value, std::size_t padded_bytes) {
  Checksum sum = begin_checksum(header, salt, place);
  sum.add(value, padded_bytes);
  return sum.value();
}

Checksum begin_checksum(const RecordHeader& header, std::uint64_t salt, std::uint64_t place) {
  return Checksum({salt, place, header.index, header.key, header.bytes});
}

std::string encode_header(const JournalIdentity& identity, std::uint64_t salt) {
  std::string text = identity.callable + '\n' + identity.result + '\n' + identity.layout + '\n' +
                     identity.build_id + '\n' + std::to_string(identity.offset) + '\n';
  FileHeader header{kJournalMagic, kJournalVersion, kJournalByteOrder, salt, 0, 0, 0, 0};
  header.identity_bytes = static_cast<std::uint32_t>(text.size());
  text.resize(padded(text.size()));
  header.identity_checksum =
      checksum_of_identity(salt, reinterpret_cast<const std::byte*>(text.data()), text.size());
  header.checksum = checksum_of(header);
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + text;
}

bool decode_identity(std::string_view text, JournalIdentity& identity) {
  std::string offset;
  for (std::string* part :
       {&identity.callable, &identity.result, &identity.layout, &identity.build_id, &offset}) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    *part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  const char* const last = offset.data() + offset.size();
  const auto [behind, error] = std::from_chars(offset.data(), last, identity.offset);
  return text.empty() && error == std::errc() && behind == last;
}

}  // namespace muster::detail

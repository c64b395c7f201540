#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/detail/journal_identity.hpp>

#include "lib/common/checksum.hpp"

// The file of a journal, as docs/JOURNAL.md describes it:
//
//   file   := FileHeader , identity text , zeros to a multiple of 8 , record...
//   record := RecordHeader , value , zeros to a multiple of 8
//
// Numbers are the machine's own. A file is only ever appended to; it is whole up to the first
// record that does not check, and what lies behind is as if it were not there.
namespace muster::detail {

inline constexpr std::array<char, 8> kJournalMagic = {'m', 'u', 's', 't', 'e', 'r', '-', 'j'};
inline constexpr std::uint32_t kJournalVersion = 1;
inline constexpr std::uint32_t kJournalByteOrder = 0x01020304;
inline constexpr std::uint32_t kMostIdentityBytes = 1 << 20;
inline constexpr std::uint32_t kRecordMark = 0x6d65'7469;  // "item"

struct FileHeader {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t byte_order;
  std::uint64_t salt;               // random: records of another file do not check in this one
  std::uint32_t identity_bytes;     // of the text
  std::uint32_t identity_checksum;  // of text and zeros
  std::uint32_t zero;
  std::uint32_t checksum;  // of all that stands before it
};
static_assert(sizeof(FileHeader) == 40);

struct RecordHeader {
  std::uint32_t mark;
  std::uint32_t
      checksum;  // of salt, the record's place in the file, index, key, bytes, value, zeros
  std::uint64_t index;
  std::uint64_t key;    // of the item's input
  std::uint64_t bytes;  // of the value
};
static_assert(sizeof(RecordHeader) == 32);

constexpr std::uint64_t padded(std::uint64_t bytes) { return (bytes + 7) & ~std::uint64_t{7}; }

std::uint32_t checksum_of(const FileHeader& header);
std::uint32_t checksum_of_identity(std::uint64_t salt, const std::byte* text,
                                   std::size_t padded_bytes);
std::uint32_t checksum_of(const RecordHeader& header, std::uint64_t salt, std::uint64_t place,
                          const std::byte* value, std::size_t padded_bytes);
// The same, before the value and its zeros are added.
Checksum begin_checksum(const RecordHeader& header, std::uint64_t salt, std::uint64_t place);

// The header and what belongs to it, as it stands in the file.
std::string encode_header(const JournalIdentity& identity, std::uint64_t salt);
// False: it is none.
bool decode_identity(std::string_view text, JournalIdentity& identity);

}  // namespace muster::detail

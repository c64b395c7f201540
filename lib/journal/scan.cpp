#include "lib/journal/scan.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <muster/error.hpp>

#include "lib/journal/format.hpp"

namespace muster::detail {
namespace {

[[noreturn]] void refuse(const FileWindow& file, const std::string& why) {
  throw InvalidArgumentError("'" + file.name() + "' " + why);
}

// A file whose making was cut short: it holds the beginning of a header, or zeros, where the file
// system had made room and written nothing yet.
bool is_unfinished(FileWindow& file, std::uint64_t size) {
  const auto bytes = file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(
                                      size, sizeof(FileHeader) + kMostIdentityBytes)));
  if (bytes.size() == size &&
      std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }))
    return true;
  const std::size_t magic = std::min(bytes.size(), kJournalMagic.size());
  if (std::memcmp(bytes.data(), kJournalMagic.data(), magic) != 0) return false;
  if (bytes.size() < sizeof(FileHeader)) return true;
  FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header.version == kJournalVersion && checksum_of(header) == header.checksum &&
         size < sizeof(header) + padded(header.identity_bytes);
}

void read_header(FileWindow& file, JournalScan& scan) {
  if (is_unfinished(file, scan.size)) return;
  const auto begin = file.read(0, sizeof(FileHeader));
  FileHeader header{};
  std::memcpy(&header, begin.data(), begin.size());
  if (header.magic != kJournalMagic) {
    refuse(file, "is no journal of Muster: it is left as it is. Name another file.");
  }
  if (header.byte_order != kJournalByteOrder) {
    refuse(file, "was written by a machine of another byte order. Name another file.");
  }
  if (header.version != kJournalVersion) {
    refuse(file, "is a journal of version " + std::to_string(header.version) +
                     " of the format, and this Muster writes version " +
                     std::to_string(kJournalVersion) + ". Name another file.");
  }
  const std::string damaged =
      "is a journal whose header is damaged, so that nobody can say what its results are of. "
      "Delete it to begin anew.";
  if (checksum_of(header) != header.checksum || header.identity_bytes > kMostIdentityBytes)
    refuse(file, damaged);
  const std::size_t text_bytes = padded(header.identity_bytes);
  const auto text = file.read(sizeof(header), text_bytes);
  if (text.size() != text_bytes ||
      checksum_of_identity(header.salt, text.data(), text.size()) != header.identity_checksum ||
      !decode_identity({reinterpret_cast<const char*>(text.data()), header.identity_bytes},
                       scan.identity)) {
    refuse(file, damaged);
  }
  scan.has_header = true;
  scan.salt = header.salt;
  scan.end = sizeof(header) + text_bytes;
}

// Whether a whole record stands there, which `header` is then the header of. Its value is read
// piece by piece: what a damaged header says of its length takes no memory.
bool find_record(FileWindow& file, std::uint64_t salt, std::uint64_t place, std::uint64_t file_size,
                 RecordHeader& header) {
  constexpr std::uint64_t kPiece = std::uint64_t{64} << 10;
  if (place > file_size || file_size - place < sizeof(header)) return false;
  const auto begin = file.read(place, sizeof(header));
  if (begin.size() != sizeof(header)) return false;
  std::memcpy(&header, begin.data(), sizeof(header));
  const std::uint64_t room = file_size - place - sizeof(header);
  if (header.mark != kRecordMark || header.bytes > room || padded(header.bytes) > room)
    return false;
  Checksum sum = begin_checksum(header, salt, place);
  std::uint64_t at = place + sizeof(header);
  for (std::uint64_t left = padded(header.bytes); left != 0;) {
    const auto piece = file.read(at, static_cast<std::size_t>(std::min(left, kPiece)));
    if (piece.empty()) return false;
    sum.add(piece.data(), piece.size());
    at += piece.size();
    left -= piece.size();
  }
  return sum.value() == header.checksum;
}

}  // namespace

JournalScan scan_journal(FileWindow& file) {
  JournalScan scan;
  scan.size = file.file_size();
  read_header(file, scan);
  if (!scan.has_header) return scan;
  RecordHeader header;
  while (find_record(file, scan.salt, scan.end, scan.size, header)) {
    scan.entries[header.index] = {scan.end, header.key, header.bytes};
    scan.end += sizeof(header) + padded(header.bytes);
  }
  return scan;
}

std::optional<std::span<const std::byte>> read_entry(FileWindow& file, std::uint64_t salt,
                                                     std::uint64_t index,
                                                     const JournalEntry& entry) {
  RecordHeader header;
  const std::size_t size = sizeof(header) + padded(entry.bytes);
  const auto record = file.read(entry.place, size);
  if (record.size() != size) return std::nullopt;
  std::memcpy(&header, record.data(), sizeof(header));
  const auto value = record.subspan(sizeof(header));
  if (header.mark != kRecordMark || header.index != index || header.key != entry.key ||
      header.bytes != entry.bytes ||
      checksum_of(header, salt, entry.place, value.data(), value.size()) != header.checksum) {
    return std::nullopt;
  }
  return value.first(entry.bytes);
}

}  // namespace muster::detail

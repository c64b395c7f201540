#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include <muster/detail/journal_identity.hpp>

#include "lib/journal/file_window.hpp"

namespace muster::detail {

// Where the result of an item stands.
struct JournalEntry {
  std::uint64_t place = 0;  // of its record in the file
  std::uint64_t key = 0;
  std::uint64_t bytes = 0;  // of the value
};

// What a journal's file holds, up to its last whole record. Of records of one index the last
// counts.
struct JournalScan {
  // False: the file is empty, or its making was cut short before it had a header. The rest is as it
  // was made then.
  bool has_header = false;
  JournalIdentity identity;
  std::uint64_t salt = 0;
  std::uint64_t end = 0;   // behind the last whole record
  std::uint64_t size = 0;  // of the file
  std::unordered_map<std::uint64_t, JournalEntry> entries;
};

// Reads all of it. Throws InvalidArgumentError for a file that is no journal, of another version or
// byte order, or of which the header is damaged, so that nobody can say whose records these are.
JournalScan scan_journal(FileWindow& file);

// The value of an entry, valid until the file is read again; empty where its record does not check
// any more.
std::optional<std::span<const std::byte>> read_entry(FileWindow& file, std::uint64_t salt,
                                                     std::uint64_t index,
                                                     const JournalEntry& entry);

}  // namespace muster::detail

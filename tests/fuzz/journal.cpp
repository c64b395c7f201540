// The file of a journal: any bytes, a real one that was damaged, or records that check but say
// anything. It is refused or read; what is read of a damaged one was written.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <muster/journal.hpp>

#include "fuzz/input.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/require.hpp"
#include "lib/journal/format.hpp"

namespace fuzz {
namespace {

using muster::Journal;
using muster::detail::JournalIdentity;
using muster::detail::RecordHeader;

constexpr std::uint64_t kSalt = 0x0123456789abcdef;
constexpr std::size_t kItems = 8;

std::string text_of(std::size_t index) {
  return std::string(index * 5 % 23, static_cast<char>('a' + index));
}

std::string encode(const std::string& text) {
  std::byte bytes[64];
  muster::Encoder out(bytes, bytes + sizeof(bytes));
  muster::detail::encode_value(out, text);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string header() {
  JournalIdentity identity;
  identity.callable = "text_of(unsigned long)";
  // As a journal of strings has it.
  identity.result =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  muster::detail::describe_layout<std::string>(identity.layout);
  identity.build_id = "00";
  return encode_header(identity, kSalt);
}

void append(std::string& file, RecordHeader record, std::string value) {
  value.resize(muster::detail::padded(value.size()));
  record.mark = muster::detail::kRecordMark;
  record.checksum = checksum_of(record, kSalt, file.size(),
                                reinterpret_cast<const std::byte*>(value.data()), value.size());
  file.append(reinterpret_cast<const char*>(&record), sizeof(record));
  file += value;
}

std::string real_journal() {
  std::string file = header();
  for (std::size_t i = 0; i < kItems; ++i) {
    const std::string value = encode(text_of(i));
    append(file, {0, 0, i, i, value.size()}, value);
  }
  return file;
}

// `as_written`: whether each result must be the one that was.
void look(const MemoryFile& file, bool as_written) {
  try {
    const Journal journal(file.path());
    require(std::is_sorted(journal.indexes().begin(), journal.indexes().end()), "indexes rise");
    for (const std::size_t index : journal.indexes()) {
      require(journal.contains(index), "what is listed is there");
      try {
        const auto text = journal.value<std::string>(index);
        if (as_written) require(index < kItems && text == text_of(index), "a result was written");
      } catch (const muster::InvalidArgumentError&) {
        require(!as_written, "the type of the results is the one that was written");
      } catch (const muster::EncodingError&) {
        require(!as_written, "what was written can be decoded");
      }
    }
  } catch (const muster::InvalidArgumentError&) {
  }
}

// Cut, overwritten, moved.
void damage(std::string& bytes, Input& input) {
  while (!input.empty() && !bytes.empty()) {
    const std::size_t at = input.take<std::uint16_t>() % bytes.size();
    switch (input.below(4)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (input.take<std::uint8_t>() | 1)); break;
      case 1: bytes.resize(at); break;
      case 2: {
        const std::string part = bytes.substr(input.take<std::uint16_t>() % bytes.size(), 64);
        bytes.replace(at, std::min(part.size(), bytes.size() - at), part);
        break;
      }
      default: bytes.insert(at, input.take_text(input.below(48)));
    }
  }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  static const MemoryFile file;
  static const std::string whole = real_journal();
  Input input(data, size);
  const std::uint32_t kind = input.below(3);
  std::string bytes;
  if (kind == 0) {
    const auto rest = input.rest();
    bytes.assign(rest.begin(), rest.end());
  } else if (kind == 1) {
    bytes = whole;
    damage(bytes, input);
  } else {
    bytes = header();
    while (!input.empty()) {
      const auto index = input.take<std::uint8_t>();
      const auto claimed = input.take<std::uint64_t>();
      const bool lies = input.flag();
      const std::string value = input.take_text(input.below(64));
      append(bytes, {0, 0, index, 0, lies ? claimed : value.size()}, value);
    }
  }
  file.set(bytes.data(), bytes.size());
  look(file, kind == 1);
  return 0;
}

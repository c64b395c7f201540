// A file whose functions are to be named: it was written over since the program began, is cut off
// or is no program at all. Names lie in the file, and a function that is found is found again.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "fuzz/input.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/require.hpp"
#include "lib/common/symbol_table.hpp"

namespace fuzz {
namespace {

using muster::detail::SymbolTable;

void look(const SymbolTable& table, std::uint64_t address, std::size_t file_size) {
  const auto found = table.find(address);
  if (!found) return;
  require(!table.empty(), "what has no functions names none");
  require(found->address <= address, "a function begins before its code");
  require(!found->name.empty(), "a function that is found has a name");
  require(found->name.size() <= file_size, "a name is no longer than the file");
  require(found->name.find('\0') == std::string::npos, "a name ends where it ends");
  require(table.find(found->address).has_value(), "where a function begins is its code, too");
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  static const MemoryFile file;
  Input input(data, size);
  const auto address = input.take<std::uint64_t>();
  const auto bytes = input.rest();
  file.set(bytes.data(), bytes.size());
  const SymbolTable table = SymbolTable::of_file(file.path()).value();
  look(table, address, bytes.size());
  // All that the file could mean by an address.
  for (std::size_t at = 0; at + sizeof(address) <= bytes.size(); at += sizeof(address)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    look(table, word, bytes.size());
  }
  return 0;
}

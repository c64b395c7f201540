#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lib/common/symbol_table.hpp"

namespace muster::detail {

// "0x1c".
std::string hexadecimal(std::uint64_t value);

// Functions of this process by the addresses of their code: from the tables that the dynamic linker
// knows or else from the file's own, which has static functions too. Each file is opened once by
// each object, and stays open as long as that. A file that cannot be opened or read is one without
// a table, but where there is no descriptor or memory for it at the moment.
class Symbols {
 public:
  // "parse(char const*)+0x1c in /usr/bin/app (0x4a1c)"; the address alone where nothing is known.
  std::string describe(std::uintptr_t address);
  // "parse(char const*)"; empty where no table has it, none where its file cannot be looked at now.
  std::optional<std::string> name(std::uintptr_t address);

 private:
  struct Place;     // an address in a module
  struct Function;  // that was found there

  static std::optional<Place> place_of(std::uintptr_t address);
  // As name() says.
  std::optional<Function> function_at(const Place& place);

  std::map<std::string, SymbolTable> tables_;  // by file
};

}  // namespace muster::detail

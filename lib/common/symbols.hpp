#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/common/symbol_table.hpp"

namespace muster::detail {

// "0x1c".
std::string hexadecimal(std::uint64_t value);

// Addresses in the code of this process as text: the function, from the tables that the dynamic
// linker knows or else from the file's own, which has static functions too. Each file's table is
// read once by each object.
class Symbols {
 public:
  // "parse(char const*)+0x1c in /usr/bin/app (0x4a1c)"; the address alone where nothing is known.
  std::string describe(std::uintptr_t address);

 private:
  std::map<std::string, SymbolTable> tables_;  // by file
};

}  // namespace muster::detail

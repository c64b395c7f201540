#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster::detail {

// The functions in the symbol table (.symtab) of an ELF file. Source: the ELF-64 object file format
// and elf(5).
class SymbolTable {
 public:
  struct Symbol {
    std::uint64_t address;  // in the file's own terms
    std::string name;       // mangled
  };

  // Empty where there is none: the file is stripped, or is no ELF file of this machine's kind.
  // Whatever stands in it, nothing outside of it is read.
  static SymbolTable of_file(const std::string& path);

  bool empty() const noexcept { return functions_.empty(); }
  // The function whose code is there.
  std::optional<Symbol> find(std::uint64_t address) const;

 private:
  struct Function {
    std::uint64_t address;
    std::uint64_t size;
    std::uint32_t name;  // where it begins in names_
  };

  std::vector<Function> functions_;
  std::string names_;
};

}  // namespace muster::detail

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// The functions in the symbol table (.symtab) of an ELF file. The table stays in the file and is
// gone through for each address, some 100 000 symbols in a millisecond. Source: the ELF-64 object
// file format and elf(5).
class SymbolTable {
 public:
  struct Symbol {
    std::uint64_t address;  // in the file's own terms
    std::string name;       // mangled; without its end where it is longer than 64 KiB
  };

  // Empty where there is none: the file is stripped, cannot be opened, or is no ELF file of this
  // machine's kind. Whatever stands in it, nothing outside of it is read.
  // None where there is no descriptor or memory to open it at the moment.
  // loaded_at: where its first page lies in memory, if the file is said to be a loaded module's.
  // Empty if that differs: another file has taken the name since.
  static std::optional<SymbolTable> of_file(const std::string& path,
                                            const void* loaded_at = nullptr);

  bool empty() const noexcept { return symbols_.bytes == 0; }
  // The function whose code is there; one that begins there, if there is.
  std::optional<Symbol> find(std::uint64_t address) const;

 private:
  struct Section {
    std::uint64_t begin = 0;  // in the file, as is all that belongs to it
    std::uint64_t bytes = 0;
  };

  bool holds(const Section& section) const {
    return section.bytes <= size_ && section.begin <= size_ - section.bytes;
  }
  // None where there is no memory to look at it.
  std::optional<bool> begins_as(const void* memory) const;
  std::string name_at(std::uint64_t offset) const;

  FileDescriptor file_;
  std::uint64_t size_ = 0;
  Section symbols_;
  Section names_;
};

}  // namespace muster::detail

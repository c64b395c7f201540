#include "lib/common/symbol_table.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <ios>
#include <type_traits>

namespace muster::detail {

namespace {

// No table of a program that can be linked is larger.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

class File {
 public:
  explicit File(const std::string& path) : in_(path, std::ios::binary | std::ios::ate) {
    if (in_) size_ = static_cast<std::uint64_t>(in_.tellg());
  }

  // False where the file does not have so many bytes there.
  bool read(std::uint64_t at, void* to, std::uint64_t bytes) {
    if (bytes > size_ || at > size_ - bytes) return false;
    in_.seekg(static_cast<std::streamoff>(at));
    in_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    return static_cast<bool>(in_);
  }
  template <class T>
  bool read(std::uint64_t at, T& to) {
    static_assert(std::is_trivially_copyable_v<T>);
    return read(at, &to, sizeof(T));
  }
  template <class Container>
  bool read_all(std::uint64_t at, std::uint64_t bytes, Container& to) {
    if (bytes > size_ || bytes > kMostBytes) return false;
    to.resize(bytes / sizeof(typename Container::value_type));
    return read(at, to.data(), to.size() * sizeof(typename Container::value_type));
  }

 private:
  std::ifstream in_;
  std::uint64_t size_ = 0;
};

bool is_of_this_machine(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         header.e_shentsize == sizeof(Elf64_Shdr);
}

bool is_function(const Elf64_Sym& symbol) {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF;
}

}  // namespace

SymbolTable SymbolTable::of_file(const std::string& path) {
  File file(path);
  Elf64_Ehdr header{};
  std::vector<Elf64_Shdr> sections;
  if (!file.read(0, header) || !is_of_this_machine(header) ||
      !file.read_all(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr), sections))
    return {};
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr& strings = sections[section.sh_link];
    std::vector<Elf64_Sym> symbols;
    SymbolTable table;
    if (!file.read_all(section.sh_offset, section.sh_size, symbols) ||
        !file.read_all(strings.sh_offset, strings.sh_size, table.names_))
      return {};
    for (const Elf64_Sym& symbol : symbols) {
      if (is_function(symbol) && symbol.st_name < table.names_.size())
        table.functions_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    }
    return table;
  }
  return {};
}

std::optional<SymbolTable::Symbol> SymbolTable::find(std::uint64_t address) const {
  for (const Function& function : functions_) {
    if (address < function.address || address - function.address >= function.size) continue;
    // Up to the name's end, or the table's.
    return Symbol{function.address, std::string(names_, function.name,
                                                names_.find('\0', function.name) - function.name)};
  }
  return std::nullopt;
}

}  // namespace muster::detail

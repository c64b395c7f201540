#include "lib/common/symbol_table.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

namespace muster::detail {

namespace {

// No page is smaller.
constexpr std::size_t kPage = 4096;
constexpr std::size_t kLongestName = 64 * 1024;
constexpr std::uint64_t kLargestTable = std::uint64_t{1} << 30;

// False where the file does not have so many bytes there.
bool read_at(const FileDescriptor& file, std::uint64_t at, void* to, std::size_t bytes) {
  auto* place = static_cast<char*>(to);
  while (bytes != 0) {
    const ssize_t got = ::pread(file.get(), place, bytes, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    place += got;
    at += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

// Gives the `count` records there to take(record), one after another, until it says that it has
// what it looks for. Reads so many at once: a thread that submits may have little stack.
template <class Record, std::size_t kAtOnce, class Take>
void read_records(const FileDescriptor& file, std::uint64_t at, std::uint64_t count, Take take) {
  static_assert(std::is_trivially_copyable_v<Record>);
  std::array<Record, kAtOnce> some;
  while (count != 0) {
    const auto read = static_cast<std::size_t>(std::min<std::uint64_t>(count, some.size()));
    if (!read_at(file, at, some.data(), read * sizeof(Record))) return;
    for (std::size_t i = 0; i < read; ++i) {
      if (take(some[i])) return;
    }
    at += read * sizeof(Record);
    count -= read;
  }
}

// Of means that others give back.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

bool is_of_this_machine(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         header.e_shentsize == sizeof(Elf64_Shdr);
}

bool is_function_at(const Elf64_Sym& symbol, std::uint64_t address) {
  if (address < symbol.st_value || address - symbol.st_value >= symbol.st_size) return false;
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF;
}

}  // namespace

std::optional<SymbolTable> SymbolTable::of_file(const std::string& path, const void* loaded_at) {
  // Whatever has taken the name of the file: the open of a FIFO would wait for somebody.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && is_shortage(errno)) return std::nullopt;
  SymbolTable table;
  table.file_ = std::move(file);
  struct stat status {};
  if (!table.file_ || ::fstat(table.file_.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return SymbolTable();
  table.size_ = static_cast<std::uint64_t>(status.st_size);
  Elf64_Ehdr header{};
  if (!read_at(table.file_, 0, &header, sizeof(header)) || !is_of_this_machine(header))
    return SymbolTable();
  if (loaded_at != nullptr) {
    const auto is_it = table.begins_as(loaded_at);
    if (!is_it) return std::nullopt;
    if (!*is_it) return SymbolTable();
  }
  const Section headers{header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)};
  if (!table.holds(headers)) return SymbolTable();

  std::uint64_t names = header.e_shnum;  // the number of their section; this one: none
  read_records<Elf64_Shdr, 8>(table.file_, headers.begin, header.e_shnum, [&](const auto& s) {
    if (s.sh_type != SHT_SYMTAB) return false;
    table.symbols_ = {s.sh_offset, s.sh_size - s.sh_size % sizeof(Elf64_Sym)};
    names = s.sh_link;
    return true;
  });
  Elf64_Shdr strings{};
  if (names >= header.e_shnum ||
      !read_at(table.file_, headers.begin + names * sizeof(strings), &strings, sizeof(strings)))
    return SymbolTable();
  table.names_ = {strings.sh_offset, strings.sh_size};
  if (table.symbols_.bytes > kLargestTable || !table.holds(table.symbols_) ||
      !table.holds(table.names_))
    return SymbolTable();
  return table;
}

std::optional<SymbolTable::Symbol> SymbolTable::find(std::uint64_t address) const {
  std::optional<Symbol> found;
  const auto take = [&](const Elf64_Sym& symbol) {
    const bool begins_there = symbol.st_value == address;
    if (!is_function_at(symbol, address) || (found && !begins_there)) return false;
    if (symbol.st_name == 0 || symbol.st_name >= names_.bytes) return false;
    std::string name = name_at(symbol.st_name);
    if (name.empty()) return false;
    found = Symbol{symbol.st_value, std::move(name)};
    return begins_there;
  };
  read_records<Elf64_Sym, 85>(file_, symbols_.begin, symbols_.bytes / sizeof(Elf64_Sym), take);
  return found;
}

// What identifies a build, its sizes and, if it has one, its build id, stands in the first page,
// and no page that begins a module is written to when it is loaded. The kernel copies the memory:
// it may not be readable, its file may have been cut off, and another thread may unload the module.
std::optional<bool> SymbolTable::begins_as(const void* memory) const {
  const std::size_t size = std::min<std::uint64_t>(size_, kPage);
  std::array<char, 512> bytes;
  std::array<char, 512> loaded;
  for (std::size_t at = 0; at < size; at += bytes.size()) {
    const std::size_t some = std::min(size - at, bytes.size());
    const iovec to{loaded.data(), some};
    const iovec from{static_cast<char*>(const_cast<void*>(memory)) + at, some};
    // By the thread's number: the process has no memory any more once its first thread has ended.
    const ssize_t copied = ::process_vm_readv(::gettid(), &to, 1, &from, 1, 0);
    if (copied < 0 && is_shortage(errno)) return std::nullopt;
    if (copied != static_cast<ssize_t>(some) || !read_at(file_, at, bytes.data(), some) ||
        std::memcmp(bytes.data(), loaded.data(), some) != 0)
      return false;
  }
  return true;
}

// Up to its end, or the table's.
std::string SymbolTable::name_at(std::uint64_t offset) const {
  std::string name;
  const std::uint64_t most = std::min<std::uint64_t>(names_.bytes - offset, kLongestName);
  read_records<char, 256>(file_, names_.begin + offset, most, [&](char c) {
    if (c != '\0') name += c;
    return c == '\0';
  });
  return name;
}

}  // namespace muster::detail

#include "lib/common/symbols.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/common/symbol_table.hpp"
#include "support/no_descriptors.hpp"

namespace {

using muster::detail::Symbols;
using muster::detail::SymbolTable;

[[gnu::noinline]] int only_here(int n) { return n + 1; }
extern "C" [[gnu::noinline]] int f(int n) { return n + 2; }

std::vector<char> bytes_of_this_program() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

SymbolTable table_of(const std::vector<char>& bytes) {
  const std::string path = testing::TempDir() + "symbols_test." + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  SymbolTable table = SymbolTable::of_file(path).value();
  std::remove(path.c_str());
  return table;
}

TEST(Symbols, NameAStaticFunctionOfTheProgram) {
  const auto address = reinterpret_cast<std::uintptr_t>(&only_here);
  const std::string text = Symbols().describe(address + 1);
  EXPECT_EQ(text.rfind("(anonymous namespace)::only_here(int)+0x1 in ", 0), 0U) << text;
}

TEST(Symbols, NameAFunctionOfALibrary) {
  // One that no sanitizer puts a function of its own before.
  const auto address =
      reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
  const std::string text = Symbols().describe(address);
  EXPECT_NE(text.find("libc.so"), std::string::npos) << text;
}

// "f" is also how the type float is mangled.
TEST(Symbols, NameAFunctionOfCAsItIsWritten) {
  const auto address = reinterpret_cast<std::uintptr_t>(&f);
  EXPECT_EQ(Symbols().name(address), "f");
  EXPECT_EQ(Symbols().describe(address).rfind("f+0x0 in ", 0), 0U);
}

TEST(Symbols, GiveTheNumberWhereThereIsNoCode) {
  EXPECT_EQ(Symbols().describe(0x10), "0x10");
  EXPECT_EQ(Symbols().name(0x10), "");
}

TEST(Symbols, CannotTellWhereThereAreNoDescriptors) {
  const test_support::NoDescriptors none;
  const auto address = reinterpret_cast<std::uintptr_t>(&only_here);
  EXPECT_EQ(Symbols().name(address), std::nullopt);
  EXPECT_EQ(Symbols().describe(address).rfind("? in ", 0), 0U);
}

TEST(SymbolTable, OfAFileThatIsNoneIsEmpty) {
  EXPECT_TRUE(SymbolTable::of_file("/proc/self/nothing").value().empty());
  EXPECT_TRUE(SymbolTable::of_file("/dev/null").value().empty());
  EXPECT_TRUE(table_of({'\x7f', 'E', 'L', 'F'}).empty());
}

TEST(SymbolTable, OfAFifoIsEmptyAndWaitsForNobody) {
  const std::string path = testing::TempDir() + "symbols_test." + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_TRUE(SymbolTable::of_file(path).value().empty());
  std::remove(path.c_str());
}

TEST(SymbolTable, OfAModuleWhoseMemoryCannotBeReadIsEmpty) {
  constexpr std::size_t kPage = 4096;
  void* const memory =
      ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memcpy(memory, bytes_of_this_program().data(), kPage);
  EXPECT_FALSE(SymbolTable::of_file("/proc/self/exe", memory).value().empty());
  EXPECT_TRUE(SymbolTable::of_file("/proc/self/exe", static_cast<char*>(memory) + kPage / 2)
                  .value()
                  .empty());
  ASSERT_EQ(::mprotect(memory, kPage, PROT_NONE), 0);
  EXPECT_TRUE(SymbolTable::of_file("/proc/self/exe", memory).value().empty());
  ::munmap(memory, 2 * kPage);
}

// Threads that submit may have little more than PTHREAD_STACK_MIN, where names are short.
TEST(SymbolTable, IsGoneThroughOnASmallStack) {
  constexpr std::size_t kStack = 16 * 1024;
  static std::optional<SymbolTable::Symbol> found;
  Elf64_Ehdr header;
  std::memcpy(&header, bytes_of_this_program().data(), sizeof(header));
  static std::uint64_t entry;
  entry = header.e_entry;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ASSERT_EQ(::pthread_attr_setstacksize(&attributes, kStack), 0);
  pthread_t thread;
  const auto look = [](void*) -> void* {
    found = SymbolTable::of_file("/proc/self/exe").value().find(entry);
    return nullptr;
  };
  ASSERT_EQ(::pthread_create(&thread, &attributes, look, nullptr), 0);
  ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "_start");
}

// Wherever the file is cut off or says what cannot be, the answer is a table or none.
TEST(SymbolTable, OfADamagedFileReadsNothingOutsideOfIt) {
  const std::vector<char> whole = bytes_of_this_program();
  ASSERT_FALSE(table_of(whole).empty());
  for (const std::size_t part : {1U, 2U, 3U, 5U, 9U, 50U, 1000U}) {
    std::vector<char> cut = whole;
    cut.resize(whole.size() / part - (part == 1 ? 1 : 0));
    table_of(cut);
  }
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof(header));
  for (std::size_t s = 0; s < header.e_shnum; ++s) {
    for (const std::uint64_t odd : {std::uint64_t{1}, std::uint64_t{whole.size()} - 1,
                                    ~std::uint64_t{0}, ~std::uint64_t{0} / 24}) {
      std::vector<char> damaged = whole;
      Elf64_Shdr section;
      char* const at = damaged.data() + header.e_shoff + s * sizeof(section);
      std::memcpy(&section, at, sizeof(section));
      if (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_STRTAB) continue;
      section.sh_size = odd;
      section.sh_link = static_cast<std::uint32_t>(odd);
      std::memcpy(at, &section, sizeof(section));
      table_of(damaged).find(header.e_entry);
      section.sh_offset = odd;
      std::memcpy(at, &section, sizeof(section));
      EXPECT_TRUE(table_of(damaged).empty() || section.sh_type == SHT_STRTAB);
    }
  }
}

}  // namespace

#include "lib/common/symbols.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdio>

#include "lib/common/exception_text.hpp"

namespace muster::detail {

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string Symbols::describe(std::uintptr_t address) {
  Dl_info info{};
  void* map = nullptr;
  if (::dladdr1(reinterpret_cast<const void*>(address), &info, &map, RTLD_DL_LINKMAP) == 0 ||
      map == nullptr || info.dli_fname == nullptr) {
    return hexadecimal(address);
  }
  const auto& module = *static_cast<const link_map*>(map);
  const std::uint64_t in_file = address - module.l_addr;
  const bool is_program = module.l_name == nullptr || *module.l_name == '\0';
  const std::string where =
      std::string(" in ") + info.dli_fname + " (" + hexadecimal(in_file) + ")";
  if (info.dli_sname != nullptr) {
    return demangle(info.dli_sname) + "+" +
           hexadecimal(address - reinterpret_cast<std::uintptr_t>(info.dli_saddr)) + where;
  }
  // The program's own name may be relative to a directory that is no longer the current one.
  const std::string file = is_program ? "/proc/self/exe" : module.l_name;
  const auto [table, is_new] = tables_.try_emplace(file);
  if (is_new) table->second = SymbolTable::of_file(file);
  if (const auto symbol = table->second.find(in_file)) {
    return demangle(symbol->name.c_str()) + "+" + hexadecimal(in_file - symbol->address) + where;
  }
  return "?" + where;
}

}  // namespace muster::detail

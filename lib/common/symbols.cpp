#include "lib/common/symbols.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdio>
#include <cstring>
#include <utility>

#include "lib/common/exception_text.hpp"

namespace muster::detail {

struct Symbols::Place {
  Dl_info info{};
  const link_map* module = nullptr;
  std::uintptr_t address = 0;

  std::uint64_t in_file() const { return address - module->l_addr; }
};

struct Symbols::Function {
  std::string name;          // empty: there is none
  std::uint64_t offset = 0;  // of the address, from where the function begins
};

namespace {

// As in the source. A name that is not mangled may look like a type that is: C's f() like float.
std::string source_name(const char* symbol) {
  return std::strncmp(symbol, "_Z", 2) == 0 ? demangle(symbol) : symbol;
}

}  // namespace

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::optional<Symbols::Place> Symbols::place_of(std::uintptr_t address) {
  Place place;
  void* map = nullptr;
  if (::dladdr1(reinterpret_cast<const void*>(address), &place.info, &map, RTLD_DL_LINKMAP) == 0 ||
      map == nullptr || place.info.dli_fname == nullptr)
    return std::nullopt;
  place.module = static_cast<const link_map*>(map);
  place.address = address;
  return place;
}

std::optional<Symbols::Function> Symbols::function_at(const Place& place) {
  if (place.info.dli_sname != nullptr && *place.info.dli_sname != '\0') {
    return Function{source_name(place.info.dli_sname),
                    place.address - reinterpret_cast<std::uintptr_t>(place.info.dli_saddr)};
  }
  // The program's own name may be relative to a directory that is no longer the current one.
  const bool is_program = place.module->l_name == nullptr || *place.module->l_name == '\0';
  const std::string file = is_program ? "/proc/self/exe" : place.module->l_name;
  auto known = tables_.find(file);
  if (known == tables_.end()) {
    auto table = SymbolTable::of_file(file, place.info.dli_fbase);
    if (!table) return std::nullopt;
    known = tables_.emplace(file, *std::move(table)).first;
  }
  const auto symbol = known->second.find(place.in_file());
  if (!symbol) return Function{};
  return Function{source_name(symbol->name.c_str()), place.in_file() - symbol->address};
}

std::string Symbols::describe(std::uintptr_t address) {
  const auto place = place_of(address);
  if (!place) return hexadecimal(address);
  const auto function = function_at(*place);
  const std::string what = function && !function->name.empty()
                               ? function->name + "+" + hexadecimal(function->offset)
                               : std::string("?");
  return what + " in " + place->info.dli_fname + " (" + hexadecimal(place->in_file()) + ")";
}

std::optional<std::string> Symbols::name(std::uintptr_t address) {
  const auto place = place_of(address);
  if (!place) return "";
  auto function = function_at(*place);
  if (!function) return std::nullopt;
  return std::move(function->name);
}

}  // namespace muster::detail

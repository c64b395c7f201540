#include "steps/instant.hpp"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace steps {

namespace {

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string describe_address(std::uintptr_t address) {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(address), &info) == 0 || info.dli_fname == nullptr) {
    return fmt::format("{:#x}", address);
  }
  const auto base = reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  const std::string place = fmt::format("{}+{:#x}", file_name(info.dli_fname), address - base);
  if (info.dli_sname == nullptr) return fmt::format("{:#x} ({})", address, place);
  return fmt::format("{:#x} {}+{:#x} ({})", address, demangled(info.dli_sname),
                     address - reinterpret_cast<std::uintptr_t>(info.dli_saddr), place);
}

bool is_in_vdso(std::uintptr_t address) {
  struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
  };
  static const Range vdso = [] {
    Range range;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find("[vdso]") == std::string::npos) continue;
      char dash = 0;
      std::istringstream(line) >> std::hex >> range.begin >> dash >> range.end;
    }
    return range;
  }();
  return address >= vdso.begin && address < vdso.end;
}

}  // namespace steps

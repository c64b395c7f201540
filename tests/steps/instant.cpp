#include "steps/instant.hpp"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <memory>
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

}  // namespace steps

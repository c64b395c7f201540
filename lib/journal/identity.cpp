#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <muster/detail/journal_identity.hpp>
#include <muster/detail/modules.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/error.hpp>

#include "lib/common/exception_text.hpp"

namespace muster::detail {
namespace {

// "image_tasks.so+0x1234": where no name is known.
std::string place_in(const Module& module, std::uint64_t offset) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  do {
    digits.insert(digits.begin(), kDigits[offset % 16]);
    offset /= 16;
  } while (offset != 0);
  return std::filesystem::path(module.file).filename().string() + "+0x" + digits;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

JournalIdentity make_identity(const std::type_info& callable, const void* function,
                              const void* code, const std::string& place,
                              const std::type_info& result, std::string layout) {
  if (function != nullptr) code = function;
  JournalIdentity identity;
  identity.callable = demangle(callable.name());
  const ModuleTable modules = current_modules();
  const FunctionCode found = modules.encode(code);
  constexpr int kOffsetBits = 48;
  const Module module = modules[found >> kOffsetBits];
  identity.build_id = module.build_id;
  identity.offset = found & ((FunctionCode{1} << kOffsetBits) - 1);
  if (function != nullptr) {
    const std::string name = function_name(found).value_or("");
    // An offset says which function it is within one build alone.
    identity.callable = name.empty()
                            ? identity.callable + " at " + place_in(module, identity.offset) +
                                  " of build " + module.build_id
                            : name;
  }
  identity.callable = one_line(identity.callable + place);
  identity.result = one_line(demangle(result.name()));
  identity.layout = std::move(layout);
  return identity;
}

bool JournalIdentity::is_of(const JournalIdentity& other) const {
  if (callable != other.callable || result != other.result || layout != other.layout) return false;
  return build_id.empty() || build_id != other.build_id || offset == other.offset;
}

}  // namespace muster::detail

#include "symbols.hpp"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "debug_files.hpp"
#include "mapped_files.hpp"
#include "mapped_modules.hpp"

namespace muster_tool {

namespace {

// Beyond so many addresses the cache begins anew: a program may run for weeks.
constexpr std::size_t kCached = 100'000;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Scopes = std::unique_ptr<Dwarf_Die[], Free>;

const char* linkage_name(Dwarf_Die* die) {
  Dwarf_Attribute memory;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    Dwarf_Attribute* const attribute = ::dwarf_attr_integrate(die, name, &memory);
    if (attribute == nullptr) continue;
    if (const char* const text = ::dwarf_formstring(attribute)) return text;
  }
  return nullptr;
}

bool is_mangled(std::string_view name) { return name.starts_with("_Z"); }

// With its parameters where that can be had: some names no demangler makes sense of.
std::string name_of(Dwarf_Die* function) {
  const char* const linkage = linkage_name(function);
  const std::string full = linkage != nullptr ? demangled(linkage) : "";
  const char* const plain = ::dwarf_diename(function);
  return plain != nullptr && (full.empty() || is_mangled(full)) ? plain : full;
}

// The innermost scopes of the code at an address, each in the next: the functions among them.
std::vector<Dwarf_Die> functions_at(Dwarf_Die* unit, Dwarf_Addr address) {
  Dwarf_Die* around = nullptr;
  const int found = ::dwarf_getscopes(unit, address, &around);
  const Scopes by_address(around);
  if (found <= 0) return {};
  // Those around an inlined function are where it was written; wanted are those it was inlined
  // into.
  Dwarf_Die innermost = around[0];
  Dwarf_Die* parents = nullptr;
  const int count = ::dwarf_getscopes_die(&innermost, &parents);
  const Scopes by_place(parents);
  std::vector<Dwarf_Die> functions;
  for (int i = 0; i < count; ++i) {
    const int tag = ::dwarf_tag(&parents[i]);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
    functions.push_back(parents[i]);
    if (tag == DW_TAG_subprogram) break;
  }
  return functions;
}

std::optional<Dwarf_Word> number_of(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute memory;
  Dwarf_Word value = 0;
  if (::dwarf_formudata(::dwarf_attr(die, name, &memory), &value) != 0) return std::nullopt;
  return value;
}

// Where the function that it stands for was called.
void place_of_call(Dwarf_Die* inlined, Dwarf_Die* unit, SourceFrame& frame) {
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const auto file = number_of(inlined, DW_AT_call_file);
  if (!file || ::dwarf_getsrcfiles(unit, &files, &count) != 0 || *file >= count) return;
  const char* const name = ::dwarf_filesrc(files, *file, nullptr, nullptr);
  if (name == nullptr) return;
  frame.file = name;
  frame.line = static_cast<int>(number_of(inlined, DW_AT_call_line).value_or(0));
}

}  // namespace

std::string demangled(std::string_view name) {
  const std::string text(name);
  int status = 0;
  const std::unique_ptr<char, Free> readable(
      ::abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status));
  return status == 0 && text.starts_with("_Z") ? readable.get() : text;
}

std::string SourceFrame::str() const {
  const std::string place = module.empty() ? "" : fmt::format(" in {}", module);
  if (!function.empty() && !file.empty()) {
    const std::string name = std::filesystem::path(file).filename().string();
    return line == 0 ? fmt::format("{} at {}", function, name)
                     : fmt::format("{} at {}:{}", function, name, line);
  }
  if (!function.empty()) return fmt::format("{}+{:#x}{}", function, function_offset, place);
  if (!module.empty()) return fmt::format("{}+{:#x}", module, module_offset);
  return fmt::format("{:#x}", address);
}

struct Symbolizer::Session {
  explicit Session(pid_t process)
      : pid(process), started(start_of(process)), files(mapped_files(process)) {}

  const MappedFile* file_at(std::uintptr_t address) {
    if (const MappedFile* const file = known_file_at(address)) return file;
    // Loaded since, perhaps; by another process of this number: no.
    if (started == 0 || start_of(pid) != started) return nullptr;
    std::vector<MappedFile> now = mapped_files(pid);
    if (now.empty()) return nullptr;
    files = std::move(now);
    return known_file_at(address);
  }

  const MappedFile* known_file_at(std::uintptr_t address) const {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const MappedFile& file) { return file.has(address); });
    return found == files.end() ? nullptr : &*found;
  }

  // Null where the file cannot be had, or is none with code.
  Dwfl_Module* module_of(const MappedFile& file) {
    const auto key = std::tuple(file.inode, file.base, file.path);
    const auto known = modules.find(key);
    if (known != modules.end()) return known->second;
    return modules[key] = report_file(dwfl.get(), pid, file);
  }

  std::vector<SourceFrame> look_up(std::uintptr_t address) {
    SourceFrame frame;
    frame.address = address;
    const MappedFile* const file = file_at(address);
    if (file == nullptr) return {frame};
    frame.module = file->path;
    frame.module_offset = address - file->base;
    Dwfl_Module* const module = module_of(*file);
    if (module == nullptr) return {frame};
    std::vector<SourceFrame> frames = from_debug_information(module, frame);
    if (frames.empty()) frames.push_back(frame);
    add_symbol(module, frames.back());
    return frames;
  }

  static std::vector<SourceFrame> from_debug_information(Dwfl_Module* module,
                                                         const SourceFrame& known) {
    std::vector<SourceFrame> frames;
    Dwarf_Addr bias = 0;
    Dwarf_Die* unit = ::dwfl_module_addrdie(module, known.address, &bias);
    if (unit == nullptr) return frames;
    Dwarf_Die split;
    // Of one whose debug information is in a file of its own (-gsplit-dwarf).
    const bool is_split = ::dwarf_cu_info(unit->cu, nullptr, nullptr, nullptr, &split, nullptr,
                                          nullptr, nullptr) == 0 &&
                          split.addr != nullptr;
    SourceFrame frame = known;
    if (Dwfl_Line* const line = ::dwfl_module_getsrc(module, known.address)) {
      const char* const name =
          ::dwfl_lineinfo(line, nullptr, &frame.line, nullptr, nullptr, nullptr);
      if (name != nullptr) frame.file = name;
    }
    for (Dwarf_Die& function : functions_at(is_split ? &split : unit, known.address - bias)) {
      frame.function = name_of(&function);
      frame.inlined = ::dwarf_tag(&function) == DW_TAG_inlined_subroutine;
      frames.push_back(frame);
      frame = known;
      if (frames.back().inlined) place_of_call(&function, unit, frame);
    }
    if (frames.empty() && !frame.file.empty()) frames.push_back(frame);
    return frames;
  }

  // From the table of symbols. It knows the parameters also where the debug information has the
  // plain name alone.
  static void add_symbol(Dwfl_Module* module, SourceFrame& frame) {
    if (frame.inlined || frame.function.find('(') != std::string::npos) return;
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char* const name =
        ::dwfl_module_addrinfo(module, frame.address, &offset, &symbol, nullptr, nullptr, nullptr);
    if (name == nullptr) return;
    const std::string full = demangled(name);
    if (!frame.function.empty() && is_mangled(full)) return;
    frame.function = full;
    frame.function_offset = offset;
  }

  pid_t pid;
  std::uint64_t started;
  std::vector<MappedFile> files;
  DwflSession dwfl{::dwfl_begin(&local_debug_files())};
  std::map<std::tuple<std::uint64_t, std::uintptr_t, std::string>, Dwfl_Module*> modules;
  std::unordered_map<std::uintptr_t, std::vector<SourceFrame>> cache;
};

Symbolizer::Symbolizer(pid_t pid) : session_(std::make_unique<Session>(pid)) {}
Symbolizer::~Symbolizer() = default;
Symbolizer::Symbolizer(Symbolizer&&) noexcept = default;
Symbolizer& Symbolizer::operator=(Symbolizer&&) noexcept = default;

const std::vector<SourceFrame>& Symbolizer::frames(std::uintptr_t address) {
  auto& cache = session_->cache;
  if (const auto known = cache.find(address); known != cache.end()) return known->second;
  if (cache.size() >= kCached) cache.clear();
  return cache[address] = session_->look_up(address);
}

bool Symbolizer::fits(pid_t other) const {
  return !session_->files.empty() && mapped_files(other) == session_->files;
}

std::vector<std::string> Symbolizer::describe(std::uintptr_t address) {
  std::vector<std::string> lines;
  for (const SourceFrame& frame : frames(address)) lines.push_back(frame.str());
  return lines;
}

pid_t process_with_code_of(const muster::PoolInfo& pool) {
  return pool.supervisor_pid != 0 ? pool.supervisor_pid : pool.client_pid;
}

}  // namespace muster_tool

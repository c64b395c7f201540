#include "lib/codec/module_registry.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>

#include <muster/error.hpp>

#include "lib/common/checksum.hpp"
#include "lib/common/fork_guard.hpp"

namespace muster::detail {

namespace {

// Written under the lock; `known` counts the entries that readers may look at.
constinit std::array<std::atomic<LoadedModule*>, ModuleRegistry::kMost> entries{};
constinit std::atomic<std::size_t> known{0};

ForkSafeMutex entries_mutex;

// What the dynamic linker has at the address, by its own lock-free look-up; null where it cannot
// tell. Two modules loaded one after the other at the same place differ in it.
const void* handle_at([[maybe_unused]] std::uintptr_t address) {
#ifdef DLFO_STRUCT_HAS_EH_DBASE  // glibc 2.35
  dl_find_object found;
  if (::_dl_find_object(reinterpret_cast<void*>(address), &found) == 0) return found.dlfo_link_map;
#endif
  return nullptr;
}

std::string program_file() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "the program";
}

std::string build_id_in(const char* notes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto padded = [](std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof(note));
    const std::size_t total = sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);
    if (total > size) break;
    const bool is_gnus =
        note.n_namesz == sizeof("GNU") && std::memcmp(notes + sizeof(note), "GNU", 4) == 0;
    if (is_gnus && note.n_type == NT_GNU_BUILD_ID) {
      const char* id = notes + sizeof(note) + padded(note.n_namesz);
      std::string text;
      for (std::size_t i = 0; i < note.n_descsz; ++i) {
        const auto byte = static_cast<unsigned char>(id[i]);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
      }
      return text;
    }
    notes += total;
    size -= total;
  }
  return {};
}

// Where a library lies that was opened by a relative path: the dynamic linker knows its folder,
// whatever the working directory is by now. Its handle is glibc's link_map.
std::string absolute(const std::string& file, [[maybe_unused]] const void* handle) {
#ifdef DLFO_STRUCT_HAS_EH_DBASE
  char folder[PATH_MAX];
  if (handle != nullptr && ::dlinfo(const_cast<void*>(handle), RTLD_DI_ORIGIN, folder) == 0) {
    return std::string(folder) + file.substr(file.rfind('/'));
  }
#endif
  return file;
}

std::unique_ptr<LoadedModule> describe(const dl_phdr_info& info, bool is_program) {
  auto module = std::make_unique<LoadedModule>();
  module->file = is_program ? program_file() : info.dlpi_name;
  module->base = info.dlpi_addr;
  module->begin = ~std::uintptr_t{0};
  for (std::size_t i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    const std::uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    const std::uintptr_t end = begin + segment.p_memsz;
    if (segment.p_type == PT_LOAD) {
      module->begin = std::min(module->begin, begin);
      module->end = std::max(module->end, end);
      if ((segment.p_flags & PF_X) != 0) module->code.emplace_back(begin, end);
    } else if (segment.p_type == PT_NOTE && module->build_id.empty()) {
      module->build_id = build_id_in(reinterpret_cast<const char*>(begin), segment.p_memsz);
    }
  }
  if (!module->code.empty()) module->handle = handle_at(module->code.front().first);
  if (!module->file.starts_with('/') && module->file.find('/') != std::string::npos) {
    module->file = absolute(module->file, module->handle);
  }
  return module;
}

int collect(dl_phdr_info* info, std::size_t, void* found) {
  auto& modules = *static_cast<std::vector<std::unique_ptr<LoadedModule>>*>(found);
  auto module = describe(*info, modules.empty());  // the program comes first
  if (!module->code.empty()) modules.push_back(std::move(module));
  return 0;
}

bool same(const LoadedModule& a, const LoadedModule& b) {
  return a.base == b.base && a.begin == b.begin && a.end == b.end && a.handle == b.handle &&
         a.file == b.file && a.build_id == b.build_id;
}

}  // namespace

bool LoadedModule::has_code_at(std::uintptr_t address) const {
  if (!loaded.load(std::memory_order_relaxed)) return false;
  for (const auto& [from, to] : code) {
    if (address >= from && address < to) return true;
  }
  return false;
}

std::string LoadedModule::identity() const {
  if (!build_id.empty()) return build_id;
  std::array<char, 32> text{};
  std::uint64_t sum = 0;
  for (const auto& [from, to] : code) {
    // Where it lies may differ from one process to the next, how far apart it lies may not.
    sum = checksum({sum, from - base, to - from}, reinterpret_cast<const std::byte*>(from),
                   to - from);
  }
  std::snprintf(text.data(), text.size(), "code-%08llx", static_cast<unsigned long long>(sum));
  return text.data();
}

std::vector<std::unique_ptr<LoadedModule>> ModuleRegistry::look() {
  std::vector<std::unique_ptr<LoadedModule>> now;
  ::dl_iterate_phdr(&collect, &now);
  return now;
}

void ModuleRegistry::renumber(std::vector<std::unique_ptr<LoadedModule>> all) {
  const std::lock_guard guard(entries_mutex);
  for (std::size_t i = 0; i < all.size(); ++i) {
    delete entries[i].exchange(all[i].release(), std::memory_order_relaxed);  // ordered by `known`
  }
  for (std::size_t i = all.size(); i < size(); ++i) {
    delete entries[i].exchange(nullptr, std::memory_order_relaxed);
  }
  known.store(all.size(), std::memory_order_release);  // pairs with the acquire in size()
}

std::size_t ModuleRegistry::refresh() {
  const std::lock_guard guard(entries_mutex);
  std::vector<std::unique_ptr<LoadedModule>> now = look();
  const std::size_t before = size();
  for (std::size_t i = 0; i < before; ++i) {
    LoadedModule& old = *entries[i].load(std::memory_order_relaxed);  // written under this lock
    if (!old.loaded.load(std::memory_order_relaxed)) continue;
    const auto still = std::find_if(now.begin(), now.end(),
                                    [&](const auto& module) { return same(*module, old); });
    if (still == now.end()) {
      old.loaded.store(false, std::memory_order_relaxed);
    } else {
      now.erase(still);
    }
  }
  std::size_t count = before;
  for (auto& module : now) {
    if (count == kMost) {
      throw EncodingError(
          "this process has loaded more than 65534 modules; no more functions of "
          "new ones can travel");
    }
    entries[count++].store(module.release(), std::memory_order_relaxed);
    // Release pairs with the acquire in size(): who counts an entry sees it whole.
    known.store(count, std::memory_order_release);
  }
  return count;
}

std::size_t ModuleRegistry::size() { return known.load(std::memory_order_acquire); }

const LoadedModule& ModuleRegistry::at(std::size_t number) {
  return *entries[number].load(std::memory_order_relaxed);  // ordered by size()
}

std::size_t ModuleRegistry::find(std::uintptr_t address, std::size_t count) {
  for (std::size_t number = 0; number < count; ++number) {
    const LoadedModule& module = at(number);
    if (address < module.begin || address >= module.end) continue;
    if (!module.loaded.load(std::memory_order_relaxed)) continue;
    // The program itself stays; a library may have made room for another one.
    if (number != 0 && module.handle != handle_at(address)) continue;
    return number;
  }
  return kNone;
}

}  // namespace muster::detail

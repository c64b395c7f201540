#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace muster::detail {

// A module as it was found. All but `loaded` is constant.
struct LoadedModule {
  std::string file;
  std::string build_id;
  std::uintptr_t base = 0;
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> code;  // [begin, end) of each segment
  const void* handle = nullptr;  // the dynamic linker's own entry, null where it is not known
  // Relaxed everywhere: it guards nothing, and who unloads a module while tasks of it are
  // submitted is late anyway.
  std::atomic<bool> loaded{true};

  bool has_code_at(std::uintptr_t address) const;
};

// All modules that this process ever had, by number. Entries are added and never changed or
// freed, so readers need no lock, in a forked child neither. Thread safety: any.
class ModuleRegistry {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};
  static constexpr std::size_t kMost = 65535;  // the last number means a null function

  // Looks at what is loaded now; gives how many modules are known after it.
  static std::size_t refresh();

  static std::size_t size();
  static const LoadedModule& at(std::size_t number);

  // The loaded module among the first `count` that holds the address, or kNone.
  static std::size_t find(std::uintptr_t address, std::size_t count);
};

}  // namespace muster::detail

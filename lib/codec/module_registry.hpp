#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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

  // What tells it from every other one, in whatever process: its build-id, or where it has none a
  // checksum of its code.
  std::string identity() const;
};

// All modules that this process ever had, by number. Entries are added and never changed or
// freed, so readers need no lock, in a forked child neither. Thread safety: any.
class ModuleRegistry {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};
  static constexpr std::size_t kMost = 65534;  // the last two mean named tasks and a null function

  // Looks at what is loaded now; gives how many modules are known after it.
  static std::size_t refresh();

  static std::size_t size();
  static const LoadedModule& at(std::size_t number);

  // Looks at what is loaded now, knowing none of it. The program comes first.
  static std::vector<std::unique_ptr<LoadedModule>> look();

  // Gives all modules new numbers: each the place that it has in `all`. REQUIRES: nobody reads
  // meanwhile, and nobody keeps a number.
  static void renumber(std::vector<std::unique_ptr<LoadedModule>> all);

  // The loaded module among the first `count` that holds the address, or kNone.
  static std::size_t find(std::uintptr_t address, std::size_t count);
};

}  // namespace muster::detail

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace muster::detail {

// The address of a function as it travels: {module:16, offset:48}, the module's number in the
// ModuleTable and the offset from where the module is loaded.
using FunctionCode = std::uint64_t;

// A file of code in this process: the program itself or a shared library.
struct Module {
  std::string file;
  std::string build_id;      // hexadecimal, "" where the file has none
  std::uintptr_t base = 0;   // what offsets count from
  std::uintptr_t begin = 0;  // its code and data lie in [begin, end)
  std::uintptr_t end = 0;
  bool loaded = true;  // false once it was unloaded; its number is never given again
};

// The modules that a process knew at one moment, less those that its readers do not have. Numbers
// are given once in a process and never again, so a table made later knows all that an earlier one
// does, and a worker that was forked reads codes with its own copy; one that was spawned has the
// same modules under the same numbers. Copying costs next to nothing. Thread safety: any.
class ModuleTable {
 public:
  // Knows no module at all.
  ModuleTable() = default;

  // What is loaded now. A pool makes one before its workers and encodes with it ever after.
  static ModuleTable snapshot();
  // The first `count` that this process ever had. REQUIRES: it has had as many.
  static ModuleTable first(std::size_t count) { return ModuleTable(count); }

  // Without these numbers, each with the reason for which the readers do not have the module.
  using Missing = std::unordered_map<std::size_t, std::string>;
  ModuleTable without(Missing missing) const;

  // For readers that have the same modules at other addresses, as another run of the program has.
  ModuleTable moved() const;
  bool code_moves() const { return moved_; }

  // Throws EncodingError, naming the module's file, for a function in a module that this table
  // does not know.
  FunctionCode encode(const void* function) const;

  // Throws EncodingError for what is no code of this table or lies outside its module's code.
  const void* decode(FunctionCode code) const;

  // EncodingError, naming the module, unless this table knows the code's module. For codes that
  // were encoded with another table of this process.
  void check(FunctionCode code) const {
    if ((code >> 48) >= count_ || missing_ != nullptr) [[unlikely]]
      check_known(code);
  }

  std::size_t size() const;
  // REQUIRES: number < size().
  Module operator[](std::size_t number) const;

 private:
  friend ModuleTable current_modules();

  static constexpr std::size_t kLive = ~std::size_t{0};

  explicit ModuleTable(std::size_t count) : count_(count) {}
  static ModuleTable live() { return ModuleTable(kLive); }
  void check_known(FunctionCode code) const;
  void check_present(std::size_t number) const;

  std::size_t count_ = 0;
  bool moved_ = false;
  std::shared_ptr<const Missing> missing_;  // null: none
};

// The table to use where no pool says which: everything that is loaded when it is asked.
ModuleTable current_modules();

}  // namespace muster::detail

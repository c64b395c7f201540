#include <dlfcn.h>

#include <string>
#include <utility>

#include <muster/detail/modules.hpp>
#include <muster/error.hpp>

#include "lib/codec/module_registry.hpp"

namespace muster::detail {

namespace {

constexpr unsigned kModuleShift = 48;
constexpr FunctionCode kOffsetMask = (FunctionCode{1} << kModuleShift) - 1;

[[noreturn]] void throw_not_encoded(const void* function) {
  Dl_info info{};
  if (::dladdr(function, &info) != 0 && info.dli_fname != nullptr) {
    throw EncodingError("the task's function lies in " + std::string(info.dli_fname) +
                        ", which was loaded after the workers started; load it before the pool "
                        "is made");
  }
  throw EncodingError(
      "the task's function lies in no loaded module (was it made at run time?), so "
      "no worker can find it");
}

}  // namespace

ModuleTable ModuleTable::snapshot() { return ModuleTable(ModuleRegistry::refresh()); }

ModuleTable current_modules() { return ModuleTable::live(); }

FunctionCode ModuleTable::encode(const void* function) const {
  const auto address = reinterpret_cast<std::uintptr_t>(function);
  std::size_t number = ModuleRegistry::find(address, size());
  if (number == ModuleRegistry::kNone && count_ == kLive) {
    number = ModuleRegistry::find(address, ModuleRegistry::refresh());
  }
  if (number == ModuleRegistry::kNone) throw_not_encoded(function);
  check_present(number);
  return FunctionCode{number} << kModuleShift | (address - ModuleRegistry::at(number).base);
}

const void* ModuleTable::decode(FunctionCode code) const {
  const std::size_t number = code >> kModuleShift;
  if (number >= size()) {
    throw EncodingError("a function is given in module number " + std::to_string(number) +
                        ", which this process does not know: the module was loaded after the "
                        "workers started, or the bytes are damaged");
  }
  const LoadedModule& module = ModuleRegistry::at(number);
  const std::uintptr_t address = module.base + (code & kOffsetMask);
  if (!module.has_code_at(address)) {
    throw EncodingError("a function is given at an offset in " + module.file +
                        " where there is no code: the module was unloaded, or the bytes are "
                        "damaged");
  }
  return reinterpret_cast<const void*>(address);
}

ModuleTable ModuleTable::without(Missing missing) const {
  ModuleTable table = *this;
  if (!missing.empty()) table.missing_ = std::make_shared<const Missing>(std::move(missing));
  return table;
}

ModuleTable ModuleTable::moved() const {
  ModuleTable table = *this;
  table.moved_ = true;
  return table;
}

void ModuleTable::check_present(std::size_t number) const {
  if (missing_ == nullptr) return;
  const auto found = missing_->find(number);
  if (found == missing_->end()) return;
  throw EncodingError("the task's function lies in " + ModuleRegistry::at(number).file +
                      ", which the workers do not have: " + found->second);
}

void ModuleTable::check_known(FunctionCode code) const {
  const std::size_t number = code >> kModuleShift;
  if (number < size()) return check_present(number);
  if (number >= ModuleRegistry::size()) decode(code);
  throw EncodingError("the task's function lies in " + ModuleRegistry::at(number).file +
                      ", which was loaded after the workers started; load it before the pool is "
                      "made");
}

std::size_t ModuleTable::size() const { return count_ == kLive ? ModuleRegistry::size() : count_; }

Module ModuleTable::operator[](std::size_t number) const {
  const LoadedModule& module = ModuleRegistry::at(number);
  return {module.file,  module.build_id, module.base,
          module.begin, module.end,      module.loaded.load(std::memory_order_relaxed)};
}

}  // namespace muster::detail

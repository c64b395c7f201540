#include "lib/start/module_match.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/codec/module_registry.hpp"

namespace muster::detail {

namespace {

// Those of this process, of which each is found once.
class OwnModules {
 public:
  OwnModules() : found_(ModuleRegistry::look()) {
    for (const auto& module : found_) identities_.push_back(module->identity());
  }

  std::unique_ptr<LoadedModule> take(const std::string& identity) {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (found_[i] != nullptr && identities_[i] == identity) return std::move(found_[i]);
    }
    return nullptr;
  }

  // What this process has under that name; "": nothing.
  std::string identity_of(const std::string& file) const {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (found_[i] != nullptr && found_[i]->file == file) return identities_[i];
    }
    return {};
  }

  // Looks again: what is here already stays as it was found.
  void look_again() {
    for (auto& module : ModuleRegistry::look()) {
      const bool known =
          std::ranges::any_of(bases_, [&](auto base) { return base == module->base; });
      if (known) continue;
      identities_.push_back(module->identity());
      bases_.push_back(module->base);
      found_.push_back(std::move(module));
    }
  }

  void remember_bases() {
    for (const auto& module : found_) bases_.push_back(module->base);
  }

  std::vector<std::unique_ptr<LoadedModule>> rest() { return std::move(found_); }

 private:
  std::vector<std::unique_ptr<LoadedModule>> found_;
  std::vector<std::string> identities_;
  std::vector<std::uintptr_t> bases_;  // of all that were found, also once they were taken
};

std::string row(const std::string& file, const std::string& theirs, const std::string& ours) {
  return "\n  " + file + ": the client has " + theirs + ", its worker " + ours;
}

// The kernel's own, which no file is behind.
bool has_file(const ModuleMark& mark) { return mark.file.starts_with('/'); }

}  // namespace

std::vector<ModuleMark> marks_of(std::size_t count) {
  std::vector<ModuleMark> marks;
  marks.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const LoadedModule& module = ModuleRegistry::at(i);
    // Of what is gone there is no code left to look at.
    const bool loaded = module.loaded.load(std::memory_order_relaxed);  // as everywhere
    marks.push_back({module.file, loaded ? module.identity() : "", loaded});
  }
  return marks;
}

ModuleMatch adopt_modules(const std::vector<ModuleMark>& client, ProgramKind kind) {
  ModuleMatch match;
  OwnModules own;
  own.remember_bases();
  std::vector<std::unique_ptr<LoadedModule>> in_order;
  for (std::size_t i = 0; i < client.size(); ++i) {
    const ModuleMark& mark = client[i];
    std::unique_ptr<LoadedModule> here;
    std::string why = "it was unloaded";
    const bool is_program = i == 0;
    if (mark.loaded) {
      here = own.take(mark.identity);
      why = "they run another program, which opens the pool's modules and no others";
      if (here == nullptr && kind == ProgramKind::same) {
        std::string ours = own.identity_of(mark.file);
        why = "it cannot be loaded there";
        if (ours.empty() && has_file(mark) && !is_program) {
          // For good: its functions are to be tasks.
          if (::dlopen(mark.file.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
            if (const char* const said = ::dlerror()) why += std::string(" (") + said + ")";
          }
          own.look_again();
          here = own.take(mark.identity);
          if (here == nullptr) ours = own.identity_of(mark.file);
        }
        if (!ours.empty()) match.differences += row(mark.file, mark.identity, ours);
        if (here == nullptr && is_program && ours.empty()) {
          match.differences += row(mark.file, mark.identity, "another program");
        }
      }
    }
    if (here == nullptr) {
      match.missing.emplace(i, why);
      here = std::make_unique<LoadedModule>();
      here->file = mark.file;
      here->loaded = false;
    }
    in_order.push_back(std::move(here));
  }
  if (!match.differences.empty()) return match;
  for (auto& module : own.rest()) {
    if (module != nullptr) in_order.push_back(std::move(module));
  }
  ModuleRegistry::renumber(std::move(in_order));
  return match;
}

}  // namespace muster::detail

#pragma once

#include <string>

namespace muster::detail {

// A shared library that is loaded for as long as this object lives. What few programs need is not
// linked, so that it costs the others nothing.
class LoadedLibrary {
 public:
  // Throws InvalidArgumentError, with `wanted_for`, where it is not there.
  LoadedLibrary(const char* file, const std::string& wanted_for);
  ~LoadedLibrary();
  LoadedLibrary(const LoadedLibrary&) = delete;
  LoadedLibrary& operator=(const LoadedLibrary&) = delete;

  // The library's own function of this name, as get<decltype(&seccomp_init)>("seccomp_init").
  template <class Function>
  Function get(const char* name) const {
    return reinterpret_cast<Function>(find(name));
  }

 private:
  void* find(const char* name) const;

  std::string file_;
  std::string wanted_for_;
  void* handle_;
};

}  // namespace muster::detail

#include "lib/limits/loaded_library.hpp"

#include <dlfcn.h>

#include <muster/error.hpp>

namespace muster::detail {

LoadedLibrary::LoadedLibrary(const char* file, const std::string& wanted_for)
    : file_(file), wanted_for_(wanted_for), handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    throw InvalidArgumentError(wanted_for + " needs " + file + ", which cannot be loaded (" +
                               ::dlerror() + "); install it, or leave the limit out");
  }
}

LoadedLibrary::~LoadedLibrary() { ::dlclose(handle_); }

void* LoadedLibrary::find(const char* name) const {
  void* const symbol = ::dlsym(handle_, name);
  if (symbol == nullptr) {
    throw InvalidArgumentError(wanted_for_ + " needs " + name + " of " + file_ +
                               ", which this version of it does not have");
  }
  return symbol;
}

}  // namespace muster::detail

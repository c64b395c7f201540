#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace test_support {

// A build of tests/codec/plugin.cpp, loaded as long as this lives.
class Plugin {
 public:
  using Function = int (*)(int);

  explicit Plugin(const std::string& file)
      : handle_(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(::dlerror());
  }
  ~Plugin() { ::dlclose(handle_); }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  const void* address() const { return ::dlsym(handle_, "muster_test_plugin_answer"); }
  // Adds a number that tells the builds apart.
  Function answer() const {
    return reinterpret_cast<Function>(::dlsym(handle_, "muster_test_plugin_answer"));
  }
  // The same, and aborts below zero; in no table that the dynamic linker knows.
  Function hidden() const {
    return reinterpret_cast<Function (*)()>(::dlsym(handle_, "muster_test_plugin_hidden"))();
  }

 private:
  void* handle_;
};

}  // namespace test_support

#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include <muster/detail/address_guard.hpp>
#include <muster/detail/modules.hpp>
#include <muster/error.hpp>

#include "lib/codec/memory_map.hpp"
#include "lib/codec/module_registry.hpp"
#include "lib/codec/thread_stack.hpp"
#include "lib/common/exception_text.hpp"

namespace muster::detail {

namespace {

// The kernel puts mappings (heaps of threads, big blocks, stacks) near the end of user space,
// sanitizers put their heap from 0x6000'0000'0000 on. Below lie programs and their first heap.
constexpr std::uintptr_t kMappings = 0x6000'0000'0000;

[[noreturn]] void refuse(std::uintptr_t word, const std::type_info& callable, const char* where) {
  std::array<char, 24> address;
  std::snprintf(address.data(), address.size(), "0x%lx", static_cast<unsigned long>(word));
  throw EncodingError("the task's callable " + demangle(callable.name()) +
                      " captured the address " + address.data() + ", which is " + where +
                      " and means nothing in a worker. Capture by value or pass an argument, or "
                      "say muster::bitwise(fn) if it is no address, or good in the worker too");
}

// Between this frame and the beginning of the stack: a variable of one of the callers.
bool on_own_stack(std::uintptr_t word) {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  return word >= here && word < thread_stack().top;
}

// The heap that grows behind the program, where malloc begins.
bool in_first_heap(std::uintptr_t word) {
  if (word >= reinterpret_cast<std::uintptr_t>(::sbrk(0))) return false;  // no system call
  if (ModuleRegistry::size() == 0) ModuleRegistry::refresh();
  return word >= ModuleRegistry::at(0).end;
}

bool in_mapped_heap(std::uintptr_t word) {
  constexpr std::size_t kRemembered = 8;
  constexpr std::uintptr_t kPage = 4096;
  // Pages that were looked up and are no heap; so that a number which looks like an address costs
  // its look-up once. What becomes heap later is not noticed: it is a guard, not a proof.
  thread_local std::array<std::uintptr_t, kRemembered> harmless{};
  std::uintptr_t& remembered = harmless[word / kPage % kRemembered];
  if (remembered == word / kPage) return false;
  const bool known = ModuleRegistry::find(word, ModuleRegistry::size()) != ModuleRegistry::kNone;
  if (!known && is_private_memory(word)) {
    // Zeroed variables of a module lie in memory without a name, too.
    const std::size_t count = ModuleRegistry::refresh();
    if (ModuleRegistry::find(word, count) == ModuleRegistry::kNone) return true;
  }
  remembered = word / kPage;
  return false;
}

}  // namespace

void check_captured_word(std::uintptr_t word, const std::type_info& callable) {
  if (on_own_stack(word)) {
    refuse(word, callable, "on the stack of the thread that submits it (a local variable?)");
  }
  if (word < kMappings ? in_first_heap(word) : in_mapped_heap(word)) {
    refuse(word, callable, "in this process's own memory (an object on the heap?)");
  }
}

void check_captured_code(std::uintptr_t word, const std::type_info& callable) {
  if (ModuleRegistry::size() == 0) ModuleRegistry::refresh();
  const std::size_t number = ModuleRegistry::find(word, ModuleRegistry::size());
  if (number == ModuleRegistry::kNone) return;
  const LoadedModule& module = ModuleRegistry::at(number);
  if (module.base == 0) return;  // linked to lie there
  refuse(word, callable,
         ("in " + module.file + " (a function, a string literal or a global variable?)").c_str());
}

}  // namespace muster::detail

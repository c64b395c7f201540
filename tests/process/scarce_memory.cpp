#include "scarce_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

namespace scarce {
namespace {

std::atomic<For> there_is_memory{For::all};
thread_local bool in_test = false;
// Requests until one fails; below 0: none does.
thread_local int left = -1;
std::function<void()> tell_of_refused;

bool is_lacking() {
  switch (there_is_memory.load()) {
    case For::all: break;
    case For::the_pools_threads:
      if (!in_test) break;
      if (tell_of_refused) tell_of_refused();
      return true;
    case For::nobody:
      if (in_test) break;
      return true;
  }
  return left >= 0 && left-- == 0;
}

}  // namespace

MemoryIsLacking::MemoryIsLacking(For whom) { there_is_memory = whom; }
MemoryIsLacking::~MemoryIsLacking() { there_is_memory = For::all; }
void this_is_the_test() { in_test = true; }

Refused::Refused(std::function<void()> tell) { tell_of_refused = std::move(tell); }
Refused::~Refused() { tell_of_refused = nullptr; }

OneRequestFails::OneRequestFails(int n) { left = n; }
OneRequestFails::~OneRequestFails() { left = -1; }
bool OneRequestFails::happened() const { return left < 0; }

}  // namespace scarce

void* operator new(std::size_t size) {
  void* const memory = scarce::is_lacking() ? nullptr : std::malloc(size != 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

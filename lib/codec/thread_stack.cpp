#include "lib/codec/thread_stack.hpp"

#include <pthread.h>

#include <cstddef>

#include <muster/detail/codec_kind.hpp>

namespace muster::detail {

const ThreadStack& thread_stack() {
  thread_local const ThreadStack stack = [] {
    pthread_attr_t attributes;
    if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return ThreadStack{};
    void* lowest = nullptr;
    std::size_t size = 0;
    const int failed = ::pthread_attr_getstack(&attributes, &lowest, &size);
    ::pthread_attr_destroy(&attributes);
    if (failed != 0) return ThreadStack{};
    const auto begin = reinterpret_cast<std::uintptr_t>(lowest);
    return ThreadStack{begin, begin + size};
  }();
  return stack;
}

bool Nesting::stack_has(const void* frame, std::size_t size) {
  const auto here = reinterpret_cast<std::uintptr_t>(frame);
  const ThreadStack& stack = thread_stack();
  if (here < stack.lowest || here >= stack.top) return true;  // of a coroutine, which is its own
  // A quarter stays for what is called besides: Codecs, constructors, the allocator.
  const std::uintptr_t kept = (stack.top - stack.lowest) / 4;
  const std::uintptr_t left = here - stack.lowest;
  return left > kept && size < left - kept;
}

}  // namespace muster::detail

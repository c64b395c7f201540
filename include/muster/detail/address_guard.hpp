#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <typeinfo>

namespace muster::detail {

// Throws EncodingError if `word` is an address on the calling thread's stack, or one that can be
// told to be in this process's heap. Makes a system call only for words that lie where the kernel
// puts mappings and that it has not looked up before.
void check_captured_word(std::uintptr_t word, const std::type_info& callable);

// Throws EncodingError if `word` is an address in a program or library that is loaded here, unless
// it lies there in each run of the program. No system call.
void check_captured_code(std::uintptr_t word, const std::type_info& callable);

// Whether padding can be told from captures. GCC refuses to clear that of a class which it does not
// call trivially copyable (plain_bytes.hpp); Clang before 20 cannot at all.
template <class F>
constexpr bool can_clear_padding() {
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
  return __is_trivially_copyable(F);
#else
  return false;
#endif
}

// Looks through the bytes of a callable for captured addresses that mean nothing in a worker. It
// is a guard, not a proof: it sees aligned words only, and not what they point to. Where padding
// cannot be told from captures, only callables without are looked at: those that say so, and those
// of a single word. `code_moves`: the worker has functions and global variables at other addresses
// than this process.
template <class F>
void guard_captures(const F& function, bool code_moves) {
  constexpr std::size_t kWords = sizeof(F) / sizeof(std::uintptr_t);
  if constexpr (kWords != 0 && alignof(F) >= alignof(void*)) {
    alignas(F) std::byte bytes[sizeof(F)];
    std::memcpy(bytes, &function, sizeof(bytes));
    // Padding holds whatever was there before, addresses too.
    if constexpr (can_clear_padding<F>()) {
      __builtin_clear_padding(reinterpret_cast<F*>(bytes));
    } else if constexpr (kWords != 1 && !std::has_unique_object_representations_v<F>) {
      return;
    }
    std::uintptr_t words[kWords];
    std::memcpy(words, bytes, sizeof(words));
    for (const std::uintptr_t word : words) {
      // Small numbers and most doubles lie outside [2^32, 2^47), the addresses that can be told
      // from numbers, so this is all that ordinary captures pay. By its upper half, as compilers
      // fold `&variable - 2^32` into an address that no linker can make.
      const std::uintptr_t upper = word >> 32;
      if (upper - 1 < (std::uintptr_t{1} << 15) - 1) [[unlikely]] {
        check_captured_word(word, typeid(F));
        if (code_moves) check_captured_code(word, typeid(F));
      }
    }
  }
}

}  // namespace muster::detail

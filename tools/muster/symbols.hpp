#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <muster/inspect.hpp>

namespace muster_tool {

// What is known of an address of code. Names are as their file has them: printable() is the
// caller's to call.
struct SourceFrame {
  std::string function;  // demangled; "" where it is not known
  std::string file;      // as the compiler was told; "" where it is not known
  int line = 0;
  bool inlined = false;  // into the frame that follows, by the compiler
  std::string module;    // the path of the file with the code; "" for code of no file
  std::uintptr_t address = 0;
  std::uintptr_t module_offset = 0;
  std::uintptr_t function_offset = 0;  // where the function is known and the line is not

  // "parse(char const*) at parse.cpp:41", "parse(char const*)+0x1c in /usr/lib/libfoo.so",
  // "/usr/lib/libfoo.so+0x1c" or "0x7f3e5a1c".
  std::string str() const;
};

// Names the code of a process: functions, inlined ones among them, files and lines. It reads files
// alone, of this machine alone (no debuginfod), and those that the process has mapped, not what has
// come to their paths since; it neither stops the process nor reads its memory. Where the process
// is gone or hides its maps there are addresses alone.
//
// For a worker that has died, process_with_code_of() does, but for what that worker has loaded
// itself.
//
// Thread safety: one thread at a time.
class Symbolizer {
 public:
  // Reads /proc/<pid>/maps, and again where an address is in none of the files that were there.
  explicit Symbolizer(pid_t pid);
  ~Symbolizer();
  Symbolizer(Symbolizer&&) noexcept;
  Symbolizer& operator=(Symbolizer&&) noexcept;

  // Those at an address, the innermost first: at least one. `address` is the call itself and not
  // where it returns to.
  const std::vector<SourceFrame>& frames(std::uintptr_t address);
  // Whether it does for that process as well: the same code lies at the same places there, as in
  // processes that were forked from one.
  bool fits(pid_t other) const;
  // As frames(), a line each.
  std::vector<std::string> describe(std::uintptr_t address);

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

// As abi::__cxa_demangle does; the name itself where it is no mangled one.
std::string demangled(std::string_view name);

// A process that has the code of a pool's workers where they have it: the supervisor, of which they
// are forks. Where that has ended, the client, of which it was a fork unless the pool was spawned.
pid_t process_with_code_of(const muster::PoolInfo& pool);

}  // namespace muster_tool

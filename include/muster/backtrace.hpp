#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace muster {

class Decoder;
class Encoder;
template <class T>
struct Codec;

// Where a worker crashed: the frames of its stack, innermost first, each by the last byte of the
// call that it is in. Copies share them.
//
// It holds addresses until somebody asks for lines(), since finding the names means reading the
// symbol tables of the program and its libraries, which takes milliseconds.
//
// Thread safety: all members of one object may be called by several threads at once.
class Backtrace {
 public:
  Backtrace() noexcept = default;
  // Of code in this process, or in one that was forked from it.
  explicit Backtrace(const std::vector<std::uintptr_t>& addresses);
  // Of code in a process that has it elsewhere.
  struct Frame {
    std::uintptr_t address = 0;  // there
    std::uintptr_t here = 0;     // where this process has the same code; 0: nowhere
  };
  explicit Backtrace(std::vector<Frame> frames);
  explicit Backtrace(std::vector<std::string> lines);

  // One frame a line: "parse(char const*)+0x1c in /usr/bin/app (0x4a1c)". In parentheses what
  // `addr2line -e /usr/bin/app` takes. The name is left out where the file has no symbols; of code
  // that this process does not have there is the address alone.
  const std::vector<std::string>& lines() const;
  bool empty() const noexcept { return frames_ == nullptr; }

  friend bool operator==(const Backtrace& a, const Backtrace& b) { return a.lines() == b.lines(); }

 private:
  struct Frames;
  std::shared_ptr<Frames> frames_;
};

// It travels as its lines.
template <>
struct Codec<Backtrace> {
  static void encode(Encoder& out, const Backtrace& backtrace);
  static Backtrace decode(Decoder& in);
};

}  // namespace muster

#include "lib/codec/memory_map.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace muster::detail {

namespace {

// "7f5c8c000000-7f5c8c021000 rw-p 00000000 00:00 0    [heap]"
struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool is_private_memory = false;
};

// The line must end with a zero.
bool parse(const char* line, Mapping& mapping) {
  char* at = nullptr;
  mapping.begin = std::strtoull(line, &at, 16);
  if (*at != '-') return false;
  mapping.end = std::strtoull(at + 1, &at, 16);
  if (at[0] != ' ' || std::strlen(at) < 6) return false;
  const std::string_view rights(at + 1, 4);
  std::strtoull(at + 6, &at, 16);  // offset
  std::strtoull(at, &at, 16);      // device
  if (*at == ':') std::strtoull(at + 1, &at, 16);
  const bool is_file = std::strtoull(at, &at, 10) != 0;
  mapping.is_private_memory = !is_file && rights.starts_with("rw") && rights[3] == 'p';
  return true;
}

}  // namespace

bool is_private_memory(std::uintptr_t address) noexcept {
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, 8192> buffer;
  std::size_t held = 0;
  bool found = false;
  bool answer = false;
  while (!found) {
    // A line fits: a path is at most 4096 bytes long. No allocation: it would change the map.
    const ssize_t got = ::read(fd, buffer.data() + held, buffer.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    held += static_cast<std::size_t>(got);
    char* line = buffer.data();
    char* const end = buffer.data() + held;
    while (!found) {
      auto* newline =
          static_cast<char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
      if (newline == nullptr) break;
      *newline = '\0';
      Mapping mapping;
      if (parse(line, mapping) && address >= mapping.begin && address < mapping.end) {
        found = true;
        answer = mapping.is_private_memory;
      }
      line = newline + 1;
    }
    held = static_cast<std::size_t>(end - line);
    std::memmove(buffer.data(), line, held);
    if (held == buffer.size()) break;  // no line is as long
  }
  ::close(fd);
  return answer;
}

}  // namespace muster::detail

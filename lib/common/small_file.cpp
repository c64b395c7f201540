#include "lib/common/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <new>

namespace muster::detail {

std::string read_small_file(const std::string& path) {
  constexpr std::size_t kStep = 4096;
  std::string text(kStep, '\0');
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
    if (size < text.size()) continue;
    if (size >= kMostOfASmallFile) break;
    try {
      text.resize(size + kStep);
    } catch (const std::bad_alloc&) {
      break;  // what there is
    }
  }
  ::close(file);
  text.resize(size);
  return text;
}

std::optional<std::int64_t> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::int64_t> number_behind(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(at + key.size());
  return take_number(rest);
}

std::optional<std::int64_t> read_number(const std::string& path) {
  const std::string text = read_small_file(path);
  std::string_view rest = text;
  return take_number(rest);
}

std::string_view behind_name(std::string_view stat) {
  const std::size_t name_end = stat.rfind(") ");
  return name_end == std::string_view::npos ? std::string_view() : stat.substr(name_end + 2);
}

}  // namespace muster::detail

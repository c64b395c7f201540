#include "steps/tasks.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "steps/ledger.hpp"

namespace steps {

namespace {

std::uint8_t byte_at(std::size_t i, std::size_t size) {
  return static_cast<std::uint8_t>(i * 7 + size);
}

}  // namespace

int number(std::uint32_t entry, int argument) {
  const Marked marked(entry);
  return argument * 7 + 1;
}

std::string wrong_number(int argument, int value) {
  if (value == argument * 7 + 1) return "";
  return fmt::format("the value is {} and not {}", value, argument * 7 + 1);
}

std::vector<std::uint8_t> bytes(std::uint32_t entry, std::uint32_t size) {
  const Marked marked(entry);
  std::vector<std::uint8_t> value(size);
  for (std::size_t i = 0; i < size; ++i) value[i] = byte_at(i, size);
  return value;
}

std::string wrong_bytes(std::uint32_t size, const std::vector<std::uint8_t>& value) {
  if (value.size() != size) return fmt::format("it has {} bytes and not {}", value.size(), size);
  for (std::size_t i = 0; i < size; ++i) {
    if (value[i] != byte_at(i, size)) return fmt::format("its byte {} is {}", i, value[i]);
  }
  return "";
}

int thrower(std::uint32_t entry, int argument) {
  const Marked marked(entry);
  throw std::out_of_range("task " + std::to_string(argument) + " throws");
}

int plain_item(std::uint32_t entry) {
  const Marked marked(entry);
  return plain_value(entry);
}

int plain_value(std::uint32_t entry) { return static_cast<int>(entry) * 3 + 5; }

std::string text_item(std::uint32_t entry) {
  const Marked marked(entry);
  if (text_throws(entry)) throw std::out_of_range(text_value(entry));
  return text_value(entry);
}

std::string text_value(std::uint32_t entry) { return std::string(entry % 7 + 3, 'x'); }

bool text_throws(std::uint32_t entry) { return entry % 5 == 4; }

}  // namespace steps

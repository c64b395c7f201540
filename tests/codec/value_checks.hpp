#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/random_value.hpp"

namespace muster::test {

// What can be asked of a type without knowing it, so that each is compiled once.
struct ValueCheck {
  std::string_view row;  // of docs/DATA.md
  std::string type;
  // Makes a random value, encodes and decodes it, and says whether the same came out and all of it
  // was read.
  bool (*comes_back)(RandomValues& values);
  // The bytes of a random value.
  std::vector<std::byte> (*encode)(RandomValues& values);
  // Whether the bytes are a value and nothing more. Throws nothing but what is no EncodingError.
  bool (*holds)(std::span<const std::byte> bytes);
};

// Every type of every row, in their order.
const std::vector<ValueCheck>& value_checks();

// The type's name as that of a test: letters and digits alone, after its number.
std::string name_for_test(std::size_t check);

// Of these rows each; see checks_*.cpp.
std::vector<ValueCheck> bytes_checks();
std::vector<ValueCheck> container_checks();
std::vector<ValueCheck> pointer_checks();
std::vector<ValueCheck> own_checks();

}  // namespace muster::test

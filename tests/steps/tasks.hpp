#pragma once

// What the scenarios run. Each task marks its entry of the ledger.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace steps {

int number(std::uint32_t entry, int argument);
std::string wrong_number(int argument, int value);

// A result that does not fit into a slot.
std::vector<std::uint8_t> bytes(std::uint32_t entry, std::uint32_t size);
std::string wrong_bytes(std::uint32_t size, const std::vector<std::uint8_t>& value);

int thrower(std::uint32_t entry, int argument);

// Items of a chunk.
int plain_item(std::uint32_t entry);
int plain_value(std::uint32_t entry);
// Every fifth one throws.
std::string text_item(std::uint32_t entry);
std::string text_value(std::uint32_t entry);
bool text_throws(std::uint32_t entry);

}  // namespace steps

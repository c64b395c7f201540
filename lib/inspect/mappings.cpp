#include "lib/inspect/mappings.hpp"

#include <fstream>
#include <sstream>
#include <utility>

namespace muster::detail {

namespace {

bool parse(const std::string& line, Mapping& mapping) {
  std::istringstream words(line);
  char dash = 0;
  words >> std::hex >> mapping.begin >> dash >> mapping.end >> mapping.rights >> mapping.offset >>
      mapping.device >> std::dec >> mapping.inode;
  if (!words || dash != '-') return false;
  words >> std::ws;
  words.clear();  // there may be no path
  std::getline(words, mapping.path);
  return true;
}

}  // namespace

std::vector<Mapping> parse_mappings(std::string_view text) {
  std::vector<Mapping> mappings;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    if (parse(line, mapping)) mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::vector<Mapping> mappings_of(pid_t pid) {
  std::ostringstream text;
  // Stream to stream: what cannot be read, as of a process that has just ended, ends the text. An
  // iterator would throw.
  text << std::ifstream("/proc/" + std::to_string(pid) + "/maps").rdbuf();
  return parse_mappings(text.str());
}

}  // namespace muster::detail

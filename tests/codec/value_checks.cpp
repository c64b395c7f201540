#include "codec/value_checks.hpp"

#include <cctype>
#include <iterator>
#include <utility>

namespace muster::test {

const std::vector<ValueCheck>& value_checks() {
  static const std::vector<ValueCheck> checks = [] {
    std::vector<ValueCheck> all;
    for (auto* part : {&bytes_checks, &container_checks, &pointer_checks, &own_checks}) {
      std::vector<ValueCheck> some = part();
      all.insert(all.end(), std::move_iterator(some.begin()), std::move_iterator(some.end()));
    }
    return all;
  }();
  return checks;
}

std::string name_for_test(std::size_t check) {
  std::string name = std::to_string(check);
  constexpr std::size_t kLongest = 60;
  for (const char c : value_checks()[check].type) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (kept) name += c;
    if (!kept && name.back() != '_') name += '_';
    if (name.size() == kLongest) break;
  }
  return name;
}

}  // namespace muster::test

// Random values of random types, encoded, decoded and compared.
//
//   codec-values [--values N] [--seed N]
//
// 100000 values of seed 1 unless told otherwise. Prints how many of each type of docs/DATA.md there
// were and how many came back wrong, or threw. Exit code: 0 where none did, 1 otherwise, 2 for
// options that make no sense.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string_view>
#include <system_error>
#include <vector>

#include "codec/random_value.hpp"
#include "codec/value_checks.hpp"

namespace {

using muster::test::RandomValues;
using muster::test::value_checks;

struct Options {
  std::uint64_t values = 100'000;
  std::uint64_t seed = 1;
};

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t* number = name == "--values" ? &options.values
                            : name == "--seed" ? &options.seed
                                               : nullptr;
    if (number == nullptr || i + 1 == argc || !read_number(argv[i + 1], *number)) return false;
  }
  return true;
}

struct Tally {
  std::uint64_t values = 0;
  std::uint64_t wrong = 0;
};

// The values' seed is the number of the value, so that one alone can be made again.
bool comes_back(std::size_t type, std::uint64_t seed, std::uint64_t number) {
  const auto& check = value_checks()[type];
  RandomValues values(seed * 0x9E37'79B9'7F4A'7C15u + number);
  const char* wrong = "came back as another";
  try {
    if (check.comes_back(values)) return true;
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  std::fprintf(stderr, "seed %llu, value %llu, a %s: %s\n", static_cast<unsigned long long>(seed),
               static_cast<unsigned long long>(number), check.type.c_str(), wrong);
  return false;
}

std::uint64_t print(const std::vector<Tally>& tallies) {
  Tally sum;
  for (std::size_t type = 0; type < tallies.size(); ++type) {
    const Tally& tally = tallies[type];
    std::printf("%9llu %6llu  %s\n", static_cast<unsigned long long>(tally.values),
                static_cast<unsigned long long>(tally.wrong), value_checks()[type].type.c_str());
    sum.values += tally.values;
    sum.wrong += tally.wrong;
  }
  std::printf("%9llu %6llu  of %zu types\n", static_cast<unsigned long long>(sum.values),
              static_cast<unsigned long long>(sum.wrong), tallies.size());
  return sum.wrong;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr, "usage: codec-values [--values N] [--seed N]\n");
    return 2;
  }
  std::vector<Tally> tallies(value_checks().size());
  RandomValues choice(options.seed);
  for (std::uint64_t number = 0; number < options.values; ++number) {
    const std::size_t type = choice.below(tallies.size());
    ++tallies[type].values;
    tallies[type].wrong += comes_back(type, options.seed, number) ? 0 : 1;
  }
  std::printf("   values  wrong  type\n");
  return print(tallies) == 0 ? 0 : 1;
}

#pragma once

// The types that are decoded, each with a number: of the others a byte in front of the input says
// which. New ones go to the end, so that the corpus stays what it is.

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>
#include <vector>

namespace fuzz {

struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};

enum class Colour : std::uint8_t { red, green };

struct Plain {
  std::uint32_t a = 0;
  std::int32_t b = 0;
  double c = 0;
};

struct Record {
  std::string name;
  std::vector<std::string> lines;
  std::optional<std::vector<int>> numbers;
  std::shared_ptr<std::string> shared;
  bool flag = false;
};

// As deep as the bytes say.
struct Node {
  int value = 0;
  std::unique_ptr<Node> next;
  std::vector<Node> children;
};

// Through cereal.
class Serialised {
 public:
  template <class Archive>
  void serialize(Archive& archive) {
    archive(number_, text_, list_, table_, pointer_);
  }

 private:
  int number_ = 0;
  std::string text_;
  std::vector<std::string> list_;
  std::map<std::string, int> table_;
  std::shared_ptr<int> pointer_;
};

class SavedAndLoaded {
 public:
  template <class Archive>
  void save(Archive& archive) const {
    archive(parts_, std::uint8_t{7});
  }
  template <class Archive>
  void load(Archive& archive) {
    std::uint8_t seven = 0;
    archive(parts_, seven);
  }

 private:
  std::vector<Serialised> parts_;
};

template <class... Ts>
struct TypeList {};

using Types = TypeList<
    int, bool, double, Colour, Plain, Nothing, std::string, std::u16string, std::vector<int>,
    std::vector<std::string>, std::vector<bool>, std::vector<Nothing>, std::vector<Plain>,
    std::deque<std::string>, std::list<std::string>, std::forward_list<int>, std::set<std::string>,
    std::multiset<int>, std::map<std::string, std::vector<int>>, std::multimap<int, std::string>,
    std::unordered_map<int, std::string>, std::unordered_set<std::string>, std::queue<int>,
    std::stack<std::string>, std::priority_queue<int>, std::pair<int, std::string>,
    std::tuple<std::string, double, std::string>, std::tuple<>, std::array<std::string, 3>,
    std::optional<std::string>, std::optional<bool>,
    std::variant<std::monostate, int, std::string, std::vector<int>>,
    std::vector<std::unique_ptr<std::string>>, std::vector<std::shared_ptr<std::string>>,
    std::filesystem::path, std::error_code, std::bitset<70>, std::complex<double>,
    std::chrono::milliseconds, std::valarray<double>, Record, Node, Serialised, SavedAndLoaded,
    std::vector<Serialised>, std::map<int, Record>, std::optional<Node>,
    std::vector<std::optional<std::variant<int, std::vector<std::tuple<bool, std::string>>>>>,
    int (*)(int)>;

// Whether equal values are encoded as the same bytes. A hash table gives its elements in an order
// of its own, and an object without members is a byte that nobody writes.
template <class T>
constexpr bool kSameBytes = !requires { typename T::hasher; };
template <>
inline constexpr bool kSameBytes<Nothing> = false;
template <>
inline constexpr bool kSameBytes<std::vector<Nothing>> = false;
template <>
inline constexpr bool kSameBytes<std::variant<std::monostate, int, std::string, std::vector<int>>> =
    false;

}  // namespace fuzz

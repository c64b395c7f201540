#pragma once

// What travels, row by row as docs/DATA.md tells it: the one list that the round trips, the hostile
// bytes, the trips through a real pool and the fuzz target decoding are made of. A test holds it
// against the page. New types may go anywhere: the fuzz target's corpus is made anew then, as
// tests/fuzz/README.md says.

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

#include "codec/data_types.hpp"

namespace muster::test {

using detail::TypeList;

// A row's first words, as a template argument.
template <std::size_t N>
struct RowName {
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr RowName(const char (&given)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = given[i];
  }
  char text[N] = {};
};

template <RowName kText, class... Ts>
struct Row {
  static constexpr std::string_view kName{kText.text, sizeof(kText.text) - 1};
  using Types = TypeList<Ts...>;
};

using BytesRows = TypeList<
    Row<"`bool`", bool>,
    Row<"integers and characters", char, std::int8_t, std::uint8_t, std::int16_t, std::uint32_t,
        int, std::int64_t, std::uint64_t, Int128, Uint128, char8_t, char16_t, char32_t, wchar_t>,
    Row<"floating point", float, double, long double>,
    Row<"enumerations", Colour, Old, std::byte, std::errc>,
    Row<"`std::complex`", std::complex<float>, std::complex<double>, std::complex<long double>>,
    Row<"`std::bitset`", std::bitset<7>, std::bitset<70>, std::bitset<1000>>,
    Row<"`std::chrono`", std::chrono::nanoseconds, std::chrono::milliseconds,
        std::chrono::duration<double>, std::chrono::system_clock::time_point,
        std::chrono::steady_clock::time_point, std::chrono::year_month_day>,
    Row<"empty types", std::monostate, std::less<int>, Nothing>,
    Row<"trivially copyable aggregates", Plain, Matrix, Bits, Extended>,
    Row<"trivially copyable classes", Money>>;

using ContainerRows = TypeList<
    Row<"strings", std::string, std::wstring, std::u8string, std::u16string, std::u32string>,
    Row<"`std::vector`", std::vector<int>, std::vector<char>, std::vector<long double>,
        std::vector<std::string>, std::vector<Nothing>, std::vector<Plain>,
        std::vector<std::vector<double>>, std::vector<std::array<std::string, 0>>>,
    Row<"`std::vector<bool>`", std::vector<bool>, std::vector<std::vector<bool>>>,
    Row<"`std::array`", std::array<int, 5>, std::array<std::string, 3>, std::array<std::string, 0>,
        std::array<std::vector<int>, 2>>,
    Row<"`std::deque`", std::deque<int>, std::deque<std::string>>,
    Row<"`std::list`", std::list<int>, std::list<std::string>>,
    Row<"`std::forward_list`", std::forward_list<int>, std::forward_list<std::string>>,
    Row<"`std::set`, `std::multiset`", std::set<int>, std::set<std::string>, std::multiset<int>,
        std::multiset<std::string>, std::set<std::string, std::greater<>>>,
    Row<"`std::map`, `std::multimap`", std::map<int, int>, std::map<std::string, std::vector<int>>,
        std::multimap<int, int>, std::multimap<int, std::string>,
        std::map<int, std::map<int, std::optional<std::tuple<std::string, bool>>>>>,
    Row<"`std::unordered_set`, `std::unordered_multiset`", std::unordered_set<int>,
        std::unordered_set<std::string>, std::unordered_multiset<int>>,
    Row<"`std::unordered_map`, `std::unordered_multimap`", std::unordered_map<int, std::string>,
        std::unordered_map<std::string, std::string>, std::unordered_multimap<int, std::string>>,
    Row<"`std::queue`, `std::stack`, `std::priority_queue`", std::queue<int>,
        std::queue<std::string, std::list<std::string>>, std::stack<std::string>,
        std::priority_queue<int>, std::priority_queue<int, std::deque<int>, std::greater<>>>,
    Row<"`std::valarray`", std::valarray<double>, std::valarray<bool>, std::valarray<std::string>>,
    Row<"`std::pair`, `std::tuple`", std::pair<char, double>, std::pair<int, std::string>,
        std::tuple<>, std::tuple<std::tuple<int>>, std::tuple<std::string, double, std::string>,
        std::tuple<int, std::string, std::vector<double>>>,
    Row<"`std::optional`", std::optional<bool>, std::optional<std::string>,
        std::optional<std::vector<std::string>>, std::optional<std::optional<int>>>,
    Row<"`std::variant`", std::variant<int, int>, std::variant<std::monostate, int, std::string>,
        std::variant<std::monostate, int, std::string, std::vector<int>>,
        std::vector<std::variant<int, double>>,
        std::vector<std::optional<std::variant<int, std::vector<std::tuple<bool, std::string>>>>>>,
    Row<"`std::filesystem::path`", std::filesystem::path, std::vector<std::filesystem::path>>,
    Row<"`std::error_code`, `std::error_condition`", std::error_code, std::error_condition>>;

using PointerRows =
    TypeList<Row<"`std::unique_ptr`", std::unique_ptr<int>, std::unique_ptr<std::string>,
                 std::unique_ptr<const std::string>, std::unique_ptr<std::string, DeletesString>,
                 std::vector<std::unique_ptr<std::string>>>,
             Row<"`std::shared_ptr`", std::shared_ptr<int>, std::shared_ptr<std::string>,
                 std::vector<std::shared_ptr<std::string>>, std::shared_ptr<const Fixed>,
                 std::shared_ptr<std::shared_ptr<int>>>,
             Row<"`std::weak_ptr`", SharedStrings, FamilyTree>,
             Row<"pointers to polymorphic classes", std::unique_ptr<Shape>, std::shared_ptr<Shape>,
                 std::vector<std::unique_ptr<Shape>>>,
             Row<"pointers to functions and members", Function, std::vector<Function>, Code>>;

using OwnRows = TypeList<
    Row<"move-only values", Owner, OwnerOfFixed, std::tuple<std::unique_ptr<int>, std::string>,
        std::pair<std::unique_ptr<int>, int>, std::array<std::unique_ptr<int>, 2>,
        std::map<std::string, std::unique_ptr<int>>, std::optional<std::unique_ptr<int>>,
        std::variant<int, std::unique_ptr<std::string>>, std::stack<std::unique_ptr<int>>>,
    Row<"plain aggregates", Record, Table, Fixed, std::map<int, Record>, std::vector<Fixed>>,
    Row<"types that hold themselves", Node, std::optional<Node>, NodeOfOwners, NodeOwningLast,
        FatNode, Binary, Json>,
    Row<"classes with cereal's functions", Serialised, SavedAndLoaded, Inheriting, Diamond,
        std::vector<Diamond>, Minimal, std::vector<Serialised>, std::unique_ptr<Made>,
        std::shared_ptr<Made>, std::unique_ptr<Pinned>, std::shared_ptr<Pinned>>,
    Row<"containers of other libraries", ForeignMap<std::string, int>,
        ForeignMap<int, ForeignMap<int, std::string>>>,
    Row<"classes with a `muster::Codec`", Polygon, std::vector<Polygon>, std::unique_ptr<Polygon>,
        std::shared_ptr<Polygon>>>;

template <class... As>
constexpr auto joined(TypeList<As...>) {
  return TypeList<As...>{};
}
template <class... As, class... Bs, class... More>
constexpr auto joined(TypeList<As...>, TypeList<Bs...>, More... more) {
  return joined(TypeList<As..., Bs...>{}, more...);
}

using Rows = decltype(joined(BytesRows{}, ContainerRows{}, PointerRows{}, OwnRows{}));

template <class... Rs>
constexpr auto types_of(TypeList<Rs...>) {
  return joined(typename Rs::Types{}...);
}

}  // namespace muster::test

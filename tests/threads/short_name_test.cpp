#include "lib/common/short_name.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace {

using muster::detail::short_function_name;

// The name alone, whatever stands before and after it: one byte more of either would have room.
std::string_view shortest(std::string_view before, std::string_view name, std::string_view after) {
  static std::string whole;
  whole = std::string(before) + std::string(name) + std::string(after);
  const std::size_t room = before.empty() ? after.size() : std::min(before.size(), after.size());
  return short_function_name(whole, name.size() + room - 1);
}

TEST(ShortName, IsTheWholeWhereItHasRoom) {
  EXPECT_EQ(short_function_name("int ns::f<int>(int)", 19), "int ns::f<int>(int)");
}

TEST(ShortName, LosesParametersFirst) {
  EXPECT_EQ(short_function_name("int ns::f<int>(int)", 18), "int ns::f<int>");
  EXPECT_EQ(short_function_name("ns::f(int (*)(char), long)", 20), "ns::f");
}

TEST(ShortName, LosesTheResultThen) {
  EXPECT_EQ(short_function_name("int ns::f<int>(int)", 13), "ns::f<int>");
  EXPECT_EQ(short_function_name("int ns::f<int>(int)", 4), "ns::");
}

TEST(ShortName, IsTheNameItself) {
  constexpr std::string_view kString =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > ";
  for (const std::string_view name : {
           "(anonymous namespace)::render<int>",
           "f<(ns::Kind)3, unsigned long>",
           "f[abi:cxx11]",
           "main::{lambda(int)#1}::operator()",
           "f(int) const::{lambda(auto:1)#1}::operator()<int>",
           "ns::operator< <int>",
           "ns::operator<<",
           "ns::operator>",
           "ns::operator->",
           "operator new[]",
           "ns::A::operator unsigned long",
           "operators::f",
           "constraints::f",
           "construct<int>",
           "f<((sizeof (int))>(2)), int>",
           "f<((sizeof (int))<(8)), int>",
           "f<decltype (({parm#1})->g)>",
           "f<&(operator<(A const&, A const&))>",
           "ns::operator()<int>",
           "S::m(int) &&::{lambda(int)#1}::_FUN",
           "S::m(int) const volatile::{lambda(int)#1}::_FUN",
       }) {
    EXPECT_EQ(shortest("", name, "(int)"), name);
    EXPECT_EQ(shortest("", name, "(ns::A<(1)>*, int (*)(char)) const [clone .cold]"), name);
    EXPECT_EQ(shortest(kString, name, "(int)"), name);
    EXPECT_EQ(shortest("decltype(auto) ", name, "(int) const&"), name);
    EXPECT_EQ(shortest("ns::operators const& ", name, "(int) &&"), name);
    EXPECT_EQ(shortest("std::enable_if<((sizeof (int))>(2)), int>::type ", name, "(int)"), name);
    EXPECT_EQ(shortest(kString, name, "(int) requires (C<int>)&&((sizeof (int))==(4))"), name);
  }
}

TEST(ShortName, IsTheBeginningOfWhatIsNoName) {
  EXPECT_EQ(short_function_name("f<<(int", 5), "f<<(i");
  EXPECT_EQ(short_function_name(")) ((", 3), ")) ");
  EXPECT_EQ(short_function_name("operator", 7), "operato");
  EXPECT_EQ(short_function_name("a_function_of_c", 10), "a_function");
}

}  // namespace

// Kinds of tasks: their names, and those of functions.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <muster/detail/modules.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/detail/task_type.hpp>

#include "support/no_descriptors.hpp"
#include "support/plugin.hpp"

namespace muster::test {
namespace {

using detail::CallTraits;
using test_support::Plugin;

struct Adder {
  int add = 0;
  int operator()(int x) const { return x + add; }
};

int twice(int x) { return 2 * x; }

template <class R, class... Args>
std::optional<std::string> name_of(R (*function)(Args...)) {
  return detail::function_name(detail::current_modules().encode(
      reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(function))));
}

TEST(TaskType, HasANameAndANumber) {
  const auto& type = CallTraits<Adder, int>::type();
  EXPECT_EQ(type.name(), "muster::test::(anonymous namespace)::Adder");
  EXPECT_EQ(type.index(), type.index());
  EXPECT_NE(type.index(), (CallTraits<int (&)(int), int>::type().index()));
  EXPECT_FALSE(type.begins_with_code);
  EXPECT_TRUE((CallTraits<int (&)(int), int>::type().begins_with_code));
}

TEST(NameOfAFunction, IsThatWhichTheDynamicLinkerKnows) {
  EXPECT_EQ(name_of(&std::abort), "abort");
}

TEST(NameOfAFunction, IsFoundInTheProgramsOwnTable) {
  EXPECT_EQ(name_of(&twice), "muster::test::(anonymous namespace)::twice(int)");
}

TEST(NameOfAFunction, IsFoundInTheTableOfALibraryThatWasOpenedMeanwhile) {
  const Plugin plugin(MUSTER_TEST_PLUGIN_A);
  EXPECT_EQ(name_of(plugin.answer()), "muster_test_plugin_answer");
  EXPECT_EQ(name_of(plugin.hidden()), "(anonymous namespace)::hidden_answer(int)");
}

TEST(NameOfAFunction, IsNotThereWhereTheFileIsStripped) {
  const Plugin plugin(MUSTER_TEST_PLUGIN_STRIPPED);
  EXPECT_EQ(name_of(plugin.answer()), "muster_test_plugin_answer");
  EXPECT_EQ(name_of(plugin.hidden()), "");
}

// As where a package is replaced by its next version while the program runs.
TEST(NameOfAFunction, IsNotThereWhereAnotherFileHasTakenTheLibrarysName) {
  namespace fs = std::filesystem;
  const std::string file = testing::TempDir() + "plugin." + std::to_string(::getpid()) + ".so";
  fs::copy_file(MUSTER_TEST_PLUGIN_A, file);
  const Plugin plugin(file);
  fs::remove(file);
  EXPECT_EQ(name_of(plugin.hidden()), "");
  fs::copy_file(MUSTER_TEST_PLUGIN_B, file);
  EXPECT_EQ(name_of(plugin.hidden()), "");
  fs::remove(file);
  fs::copy_file(MUSTER_TEST_PLUGIN_A, file);
  EXPECT_EQ(name_of(plugin.hidden()), "(anonymous namespace)::hidden_answer(int)");
  fs::remove(file);
}

TEST(NameOfAFunction, IsNotTheEmptyOneWhereThereAreNoDescriptors) {
  {
    const test_support::NoDescriptors none;
    EXPECT_EQ(name_of(&twice), std::nullopt);
    EXPECT_EQ(name_of(&std::abort), "abort");
  }
  EXPECT_EQ(name_of(&twice), "muster::test::(anonymous namespace)::twice(int)");
}

TEST(NameOfAFunction, IsNotThereForACodeThatMakesNoSense) {
  EXPECT_EQ(detail::function_name(~detail::FunctionCode{1}), "");
}

}  // namespace
}  // namespace muster::test

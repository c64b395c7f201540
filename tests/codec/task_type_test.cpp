// Kinds of tasks: their names, and those of functions.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <muster/detail/task_call.hpp>

#include "codec/message.hpp"
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
std::string name_of(R (*function)(Args...)) {
  using Traits = CallTraits<R (*)(Args...), Args...>;
  Message task;
  Traits::encode_callable(task.encoder(), function);
  return detail::describe_callable(Traits::type(), task.bytes().data(), task.bytes().size());
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

TEST(NameOfAFunction, IsItsTypeWhereTheFileIsStripped) {
  const Plugin plugin(MUSTER_TEST_PLUGIN_STRIPPED);
  EXPECT_EQ(name_of(plugin.answer()), "muster_test_plugin_answer");
  EXPECT_EQ(name_of(plugin.hidden()), "int (*)(int)");
}

// As where a package is replaced by its next version while the program runs.
TEST(NameOfAFunction, IsItsTypeWhereAnotherFileHasTakenTheLibrarysName) {
  namespace fs = std::filesystem;
  const std::string file = testing::TempDir() + "plugin." + std::to_string(::getpid()) + ".so";
  fs::copy_file(MUSTER_TEST_PLUGIN_A, file);
  const Plugin plugin(file);
  fs::remove(file);
  EXPECT_EQ(name_of(plugin.hidden()), "int (*)(int)");
  fs::copy_file(MUSTER_TEST_PLUGIN_B, file);
  EXPECT_EQ(name_of(plugin.hidden()), "int (*)(int)");
  fs::remove(file);
  fs::copy_file(MUSTER_TEST_PLUGIN_A, file);
  EXPECT_EQ(name_of(plugin.hidden()), "(anonymous namespace)::hidden_answer(int)");
  fs::remove(file);
}

TEST(NameOfAFunction, IsItsTypeWhereThereAreNoDescriptors) {
  {
    const test_support::NoDescriptors none;
    EXPECT_EQ(name_of(&twice), "int (*)(int)");
    EXPECT_EQ(name_of(&std::abort), "abort");
  }
  EXPECT_EQ(name_of(&twice), "muster::test::(anonymous namespace)::twice(int)");
}

TEST(NameOfAFunction, IsItsTypeWhereTheBytesMakeNoSense) {
  const auto& type = CallTraits<int (&)(int), int>::type();
  const Message task = Message::of(&twice);
  EXPECT_EQ(detail::describe_callable(type, task.bytes().data(), 3), "int (*)(int)");
  const Message nonsense = Message::of(~std::uint64_t{0} - 1);
  EXPECT_EQ(detail::describe_callable(type, nonsense.bytes().data(), 8), "int (*)(int)");
}

}  // namespace
}  // namespace muster::test

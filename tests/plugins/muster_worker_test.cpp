// muster-worker by hand.

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/version.hpp>

#include "plugins/modules.hpp"
#include "support/own_folder.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"

namespace {

using plugin_test::library;

test_support::ProgramEnd worker(std::vector<std::string> arguments) {
  const std::string from = MUSTER_TEST_PROGRAMS;
  const auto path = std::filesystem::relative(PLUGIN_TEST_WORKER, from).string();
  return test_support::Program(path, std::move(arguments)).wait();
}

TEST(MusterWorker, ListsTheTasksOfModulesWithTheirSignatures) {
  const auto end = worker({"--module", library("more_tasks"), "--list"});
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.out, library("more_tasks") + ":\n  cube  int (int)\n");
  const auto both = worker({"-m", library("more_tasks"), "-m", library("tasks"), "-l"});
  EXPECT_NE(both.out.find("  text.join"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("std::vector<std::string"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("  parse            int (std::string const&)\n"), std::string::npos)
      << both.out;
}

TEST(MusterWorker, SaysHowItIsUsedAndWhichVersionItIs) {
  EXPECT_NE(worker({"--help"}).out.find("--module FILE"), std::string::npos);
  EXPECT_EQ(worker({"--version"}).out, "muster-worker " MUSTER_VERSION "\n");
}

TEST(MusterWorker, WithoutAPoolSaysWhatItIsFor) {
  const auto end = worker({"--module", library("tasks")});
  EXPECT_EQ(end.exit_code, 2);
  EXPECT_NE(end.err.find("ProcessPoolOptions::modules"), std::string::npos) << end.err;
  EXPECT_EQ(worker({}).exit_code, 2);
  EXPECT_EQ(worker({"--list"}).exit_code, 2);
}

TEST(MusterWorker, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(worker({"--modules"}).exit_code, 2);
  const auto end = worker({library("tasks"), "--list"});
  EXPECT_EQ(end.exit_code, 2);
  EXPECT_NE(end.err.find("--module " + library("tasks")), std::string::npos) << end.err;
}

TEST(MusterWorker, SaysWhyAModuleCannotBeUsed) {
  const test_support::OwnFolder folder;
  test_support::write_file(folder.file("notes.so"), "these are no instructions\n");
  struct {
    std::vector<std::string> modules;
    std::string said;
  } const cases[] = {
      {{"/no/such/libtasks.so"}, "No such file"},
      {{folder.file("notes.so")}, "cannot be loaded"},
      {{library("no_tasks")}, "has no tasks"},
      {{library("tasks"), library("taken_name")}, "two tasks \"square\""},
      {{library("throws")}, "no licence"},
  };
  for (const auto& [modules, said] : cases) {
    std::vector<std::string> arguments{"--list"};
    for (const std::string& module : modules) arguments.push_back("--module=" + module);
    const auto end = worker(arguments);
    EXPECT_EQ(end.exit_code, 1) << said;
    EXPECT_EQ(end.out, "");
    EXPECT_NE(end.err.find(said), std::string::npos) << end.err;
  }
}

}  // namespace

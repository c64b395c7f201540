// Every command that looks at one pool, against pools in every situation: a clear end, and no
// crash.

#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"
#include "tools/made_memory.hpp"
#include "tools/status_tool.hpp"

namespace {

using muster::ProcessPoolExecutor;
using muster::detail::FileDescriptor;
using test_support::header_bytes;
using test_support::Json;
using test_support::make_memory;
using test_support::run_tool;
using test_support::small_geometry;

std::vector<std::vector<std::string>> commands(const std::string& pool) {
  return {{"show", pool},   {"tasks", pool},   {"summary", pool},
          {"deaths", pool}, {"metrics", pool}, {"trace", pool, "-o", "/dev/null"},
          {"check", pool}};
}

std::string line(const std::vector<std::string>& words) {
  std::string line = "muster";
  for (const std::string& word : words) line += ' ' + word;
  return line;
}

// In both forms. `check` ends with `of_check`.
void expect_all(const std::string& pool, int exit_code, int of_check) {
  for (auto command : commands(pool)) {
    const int expected = command.front() == "check" ? of_check : exit_code;
    const auto text = run_tool(command);
    EXPECT_EQ(text.term_signal, 0) << line(command);
    EXPECT_EQ(text.exit_code, expected) << line(command) << text.err;
    EXPECT_FALSE(text.out.empty() && text.err.empty()) << line(command);
    EXPECT_EQ((text.out + text.err).find('\x1b'), std::string::npos) << line(command);
    command.emplace_back("--json");
    const auto document = run_tool(command);
    EXPECT_EQ(document.exit_code, expected) << line(command) << document.err;
    if (document.out.empty()) {
      EXPECT_FALSE(document.err.empty()) << line(command);
      continue;
    }
    EXPECT_EQ(Json::parse(document.out).at("schema"), 1) << line(command);
  }
}

// The memory of a pool that never was; behind its header, zeros or noise.
class MadePool {
 public:
  MadePool(const std::string& name, muster::detail::PoolPhase phase, std::uint32_t seed) {
    const auto geometry = small_geometry();
    auto header = header_bytes(geometry);
    reinterpret_cast<muster::detail::PoolHeader*>(header.data())->state.store(phase);
    const std::string prefix = "muster:" + name + ":";
    const auto add = [&](const char* segment, std::size_t size, std::size_t header_size) {
      std::vector<std::byte> bytes(size);
      std::mt19937 random(seed);
      if (seed != 0) {
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
      }
      std::memcpy(bytes.data(), header.data(), header_size);
      memory_.push_back(make_memory(prefix + segment, bytes, size));
    };
    add("tasks", geometry.tasks_bytes(),
        seed == 0 ? sizeof(muster::detail::PoolHeader)
                  : offsetof(muster::detail::PoolHeader, state));
    add("control", geometry.control_bytes(), 0);
    add("results", geometry.results_bytes(), 0);
    add("facts", geometry.facts_bytes(), 0);
  }

 private:
  std::vector<FileDescriptor> memory_;
};

TEST(EveryCommand, LooksAtAPoolThatIsIdle) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "every idle"});
  pool.submit([] {}).result();
  expect_all("every idle", 0, 0);
}

TEST(EveryCommand, LooksAtAPoolThatStarts) {
  const MadePool pool("every start", muster::detail::PoolPhase::starting, 0);
  EXPECT_EQ(test_support::shown("every start").at("state"), "starting");
  // By its header it does so since the machine was started.
  expect_all("every start", 0, 1);
}

TEST(EveryCommand, LooksAtAPoolThatIsClosed) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "every closed"});
  pool.submit([] {}).result();
  pool.shutdown();
  expect_all("every closed", 0, 0);
}

TEST(EveryCommand, LooksAtAPoolThatIsBroken) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "every broken"});
  pool.submit({.name = "\x1b[31m</script>\n\xff"}, [] { ::raise(SIGKILL); }).exception();
  test_support::await_state("every broken", "broken");
  expect_all("every broken", 0, 1);
}

TEST(EveryCommand, LooksAtAPoolOfAHostileName) {
  const std::string name = "every \x1b[31m\n\xff\"\\</script>";
  ProcessPoolExecutor pool({.max_workers = 1, .name = name});
  pool.submit({.name = name}, [] {}).result();
  expect_all(name, 0, 0);
}

TEST(EveryCommand, ReadsScribblesSafely) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const MadePool pool("every scribble", muster::detail::PoolPhase::running, seed);
    for (const auto& command : commands("every scribble")) {
      const auto end = run_tool(command);
      EXPECT_EQ(end.term_signal, 0) << line(command);
      EXPECT_LE(end.exit_code, 1) << line(command) << end.err;
    }
  }
}

TEST(EveryCommand, DoesNotReadAnotherVersion) {
  auto bytes = header_bytes(small_geometry());
  bytes[offsetof(muster::detail::PoolHeader, layout_hash)] ^= std::byte{1};
  const auto memory =
      make_memory("muster:every future:tasks", bytes, small_geometry().tasks_bytes());
  expect_all("every future", 5, 5);
}

TEST(EveryCommand, SaysThatThereIsNoSuchPool) { expect_all("every none", 3, 3); }

TEST(EveryCommand, DoesNotLookAtPoolsOfOthers) {
  const std::string theirs = std::to_string(::geteuid() == 0 ? ::getpid() : 1);
  for (const auto& command : commands(theirs)) {
    const auto end = test_support::run_tool_in("another-user", command);
    EXPECT_EQ(end.exit_code, 4) << line(command) << end.err;
  }
}

// The memory stays readable for who has it mapped, and no command waits for what does not come.
TEST(EveryCommand, EndsWithAPoolThatIsKilledMeanwhile) {
  for (const auto& command : commands("every killed")) {
    test_support::Program client("tests/tools/programs/client", {"every killed"});
    ASSERT_EQ(client.read_line(), "ready");
    test_support::Program tool(test_support::kTool, command);
    ::kill(client.pid(), SIGKILL);
    const auto end = tool.wait();
    EXPECT_EQ(end.term_signal, 0) << line(command);
    EXPECT_TRUE(end.exit_code == 0 || end.exit_code == 1 || end.exit_code == 3)
        << line(command) << ": " << end.exit_code << end.err;
    client.wait();
  }
}

}  // namespace

// muster with arguments that make no sense: a sentence, and exit code 2.

#include <stdlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/status_tool.hpp"

namespace {

using test_support::contains;
using test_support::run_tool;

struct Wrong {
  std::vector<std::string> arguments;
  std::string said;
};

TEST(Usage, SaysWhatIsWrong) {
  const std::vector<Wrong> all{
      {{}, "say what to do: one of ls, show, tasks"},
      {{"lss"}, "there is no command \"lss\"; there are ls, show"},
      {{"--no-such"}, "no option \"--no-such\""},
      {{"ls", "--no-such"}, "--no-such; \"muster ls --help\""},
      {{"ls", "too", "many"}, "\"muster ls --help\""},
      {{"ls", "--interval"}, "--interval"},
      {{"ls", "--interval", "soon"}, "\"soon\" is no time"},
      {{"ls", "--interval", "0"}, "at least 10ms"},
      {{"ls", "--interval", "-1"}, "\"-1\" is no time"},
      {{"show"}, "POOL is required; \"muster show --help\""},
      {{"show", "a", "b"}, "\"muster show --help\""},
      {{"show", "a", "--stuck-after", "5 parsecs"}, "its unit is to be"},
      {{"tasks"}, "POOL is required"},
      {{"tasks", "a", "--state", "sleeping"}, "\"sleeping\" is no state of a task"},
      {{"tasks", "a", "--older-than", ""}, "\"\" is no time"},
      {{"tasks", "a", "--name", ""}, "no task has an empty name; \"*\" is like all names"},
      {{"tasks", "a", "--limit", "-5"}, "\"-5\" is no whole number"},
      {{"tasks", "a", "--limit", "many"}, "\"many\" is no whole number"},
      {{"summary"}, "POOL is required"},
      {{"summary", "a", "--limit", "x"}, "is no whole number"},
      {{"deaths"}, "POOL is required"},
      {{"deaths", "a", "--last", "x"}, "is no whole number"},
      {{"check"}, "POOL is required"},
      {{"check", "a", "--max-queue", "x"}, "is no whole number"},
      {{"check", "a", "--max-age", "1x"}, "\"1x\" is no time"},
      {{"check", "a", "--max-stuck", "1.5"}, "\"1.5\" is no whole number"},
      {{"trace"}, "is required"},
      {{"trace", "a"}, "--output is required"},
      {{"trace", "a", "-o", "/tmp/x", "--last", "1s", "--duration", "1s"}, "excludes"},
      {{"trace", "a", "-o", "/tmp/x", "--last", "yesterday"}, "\"yesterday\" is no time"},
      {{"trace", "a", "-o", ""}, "a file has a name"},
      {{"web", "--save", ""}, "a file has a name"},
      {{"web", "--json"}, "web has no --json: what it shows, ls, show, tasks"},
      {{"web", "a", "--save", "-", "--json"}, "--save writes the page to a file"},
      {{"metrics", "--listen", "127.0.0.1:0", "--json"}, "excludes"},
      {{"metrics", "--listen", "everywhere"}, "is no address to listen on"},
      {{"metrics", "--listen", "127.0.0.1:http"}, "is no address to listen on"},
      {{"metrics", "--token", "correct-horse"}, "--token has no effect without --listen"},
      {{"metrics", "--openmetrics", "--listen", "0"}, "--openmetrics has no effect with --listen"},
      {{"metrics", "--listen", "0", "--token", "short"}, "--token: a token has at least 8"},
      {{"metrics", "--listen", "0", "--token", ""}, "--token: a token has at least 8"},
      {{"web", "--save", "-", "--token", "correct-horse"}, "--token has no effect with --save"},
      {{"web", "--save", "-", "--listen", "0"}, "--listen has no effect with --save"},
      {{"metrics", "a", "b"}, "\"muster metrics --help\""},
  };
  for (const Wrong& wrong : all) {
    const auto end = run_tool(wrong.arguments);
    std::string line = "muster";
    for (const std::string& argument : wrong.arguments) line += ' ' + argument;
    EXPECT_EQ(end.exit_code, 2) << line;
    EXPECT_EQ(end.out, "") << line;
    EXPECT_TRUE(contains(end.err, wrong.said)) << line << ": " << end.err;
    EXPECT_EQ(end.err.find("muster: "), 0U) << end.err;
    EXPECT_EQ(std::count(end.err.begin(), end.err.end(), '\n'), 1) << end.err;
  }
}

// As long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(Usage, LeavesAVariableAloneWhereNothingIsServed) {
  for (const char* token : {"correct-horse", "no token"}) {
    const Variable of_metrics("MUSTER_METRICS_TOKEN", token);
    const Variable of_web("MUSTER_WEB_TOKEN", token);
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"ls"}, {"metrics"}, {"metrics", "--openmetrics"}, {"web", "--save", "-"}}) {
      const auto end = run_tool(arguments);
      EXPECT_EQ(end.exit_code, 0) << arguments.front() << ": " << end.err;
    }
  }
}

TEST(Usage, NamesTheVariableWhoseTokenIsNone) {
  const Variable of_metrics("MUSTER_METRICS_TOKEN", "short");
  const Variable of_web("MUSTER_WEB_TOKEN", "with spaces");
  const auto metrics = run_tool({"metrics", "--listen", "0"});
  EXPECT_EQ(metrics.exit_code, 2);
  EXPECT_TRUE(contains(metrics.err, "MUSTER_METRICS_TOKEN: a token has at least 8")) << metrics.err;
  const auto web = run_tool({"web"});
  EXPECT_EQ(web.exit_code, 2);
  EXPECT_TRUE(contains(web.err, "MUSTER_WEB_TOKEN: a token has at least 8")) << web.err;
}

// Whoever sets it wants nobody served without one.
TEST(Usage, TakesAnEmptyVariableForNoToken) {
  const Variable of_metrics("MUSTER_METRICS_TOKEN", "");
  const auto metrics = run_tool({"metrics", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(metrics.exit_code, 2);
  EXPECT_TRUE(contains(metrics.err, "MUSTER_METRICS_TOKEN: a token has at least 8")) << metrics.err;
}

TEST(Usage, ReplacesWhatATerminalWouldActOn) {
  const auto end = run_tool({"\x1b[31m\n"});
  EXPECT_EQ(end.exit_code, 2);
  EXPECT_TRUE(contains(end.err, "no command \"?[31m?\"")) << end.err;
}

TEST(Usage, IsExplainedByHelp) {
  EXPECT_TRUE(contains(run_tool({"--version"}).out, "muster 0."));
  EXPECT_TRUE(contains(run_tool({"--help"}).out, "Exit codes"));
  for (const char* command :
       {"ls", "show", "tasks", "summary", "deaths", "trace", "metrics", "check"}) {
    const auto end = run_tool({command, "--help"});
    EXPECT_EQ(end.exit_code, 0) << command;
    EXPECT_TRUE(contains(end.out, "--json")) << command << end.out;
    EXPECT_TRUE(contains(end.out, "--all-users")) << command;
  }
}

}  // namespace

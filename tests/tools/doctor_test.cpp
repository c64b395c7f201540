// muster doctor: what Muster finds on this machine.

#include <sys/resource.h>

#include <string>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/status_tool.hpp"

namespace {

using test_support::contains;
using test_support::Json;
using test_support::run_tool;

Json diagnosis_of(const Json& document, const std::string& subject) {
  for (const Json& each : document.at("diagnoses")) {
    if (each.at("subject") == subject) return each;
  }
  return {};
}

TEST(Doctor, SaysThatMusterRunsWhereTheTestsDo) {
  const auto end = run_tool({"doctor"});
  EXPECT_EQ(end.exit_code, 0) << end.out;
  EXPECT_EQ(end.err, "");
  EXPECT_TRUE(end.out.ends_with("\nMuster runs here\n")) << end.out;
}

TEST(Doctor, TriesWhatMusterUses) {
  const auto end = run_tool({"doctor", "--json"});
  EXPECT_EQ(end.exit_code, 0) << end.err;
  const Json document = Json::parse(end.out);
  EXPECT_EQ(document.at("schema"), 1);
  EXPECT_EQ(document.at("runs"), true);
  for (const char* needed : {"memfd", "seals", "pidfd_open", "futex", "/proc", "a pool"}) {
    EXPECT_EQ(diagnosis_of(document, needed).at("level"), "fine") << needed;
  }
  for (const char* other :
       {"futex_waitv", "robust futex", "membarrier", "landlock", "seccomp", "NUMA binding",
        "cgroup", "cores", "CPUs", "NUMA", "huge pages", "ptrace", "open files (ulimit -n)",
        "/dev/shm", "system", "address space"}) {
    const Json found = diagnosis_of(document, other);
    ASSERT_FALSE(found.is_null()) << other;
    EXPECT_NE(found.at("level"), "missing") << other;
    EXPECT_EQ(found.at("level") == "less", !found.at("consequence").is_null()) << other;
  }
}

// A limit of this process, and of those that it starts.
class Limited {
 public:
  Limited(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit now{value, before_.rlim_max};
    EXPECT_EQ(::setrlimit(resource_, &now), 0);
  }
  ~Limited() { ::setrlimit(resource_, &before_); }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

TEST(Doctor, SaysWhatALimitTakesAway) {
  const Limited files(RLIMIT_NOFILE, 100);
  const Json document = Json::parse(run_tool({"doctor", "--json"}).out);
  const Json found = diagnosis_of(document, "open files (ulimit -n)");
  EXPECT_EQ(found.at("level"), "less");
  EXPECT_EQ(found.at("finding"), "100");
}

TEST(Doctor, SaysThatMusterCannotRunWhereItsMemoryCannotBeMade) {
  const Limited file_size(RLIMIT_FSIZE, 4096);
  const auto end = run_tool({"doctor", "--json"});
  EXPECT_EQ(end.exit_code, 1) << end.out;
  const Json document = Json::parse(end.out);
  EXPECT_EQ(document.at("runs"), false);
  EXPECT_EQ(diagnosis_of(document, "a pool").at("level"), "missing") << end.out;
  EXPECT_NE(diagnosis_of(document, "a pool").at("finding"), "");
}

}  // namespace

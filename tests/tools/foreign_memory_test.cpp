// The status tool beside memory that is called a pool's and is none, or is not to be read.

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"
#include "tools/made_memory.hpp"
#include "tools/status_tool.hpp"

namespace {

using muster::detail::FileDescriptor;
using muster::detail::Geometry;
using muster::detail::PoolHeader;
using test_support::contains;
using test_support::header_bytes;
using test_support::Json;
using test_support::make_memory;
using test_support::run_tool;
using test_support::Sealed;
using test_support::skipped_reason;
using test_support::small_geometry;

constexpr std::size_t kMegabyte = 1024 * 1024;

std::vector<std::byte> random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// The four segments of a pool that never was, zero behind the header or, by a seed, noise.
class MadePool {
 public:
  MadePool(const std::string& name, const std::vector<std::byte>& header,
           Sealed sealed = Sealed::yes, std::optional<unsigned> noise = {}) {
    const Geometry g = small_geometry();
    const std::string prefix = "muster:" + name + ":";
    const auto fill = [&](std::size_t size) {
      return noise ? random_bytes(size, *noise) : std::vector<std::byte>(size);
    };
    auto tasks = fill(g.tasks_bytes());
    std::memcpy(tasks.data(), header.data(),
                noise ? offsetof(PoolHeader, state) : sizeof(PoolHeader));
    tasks_ = make_memory(prefix + "tasks", tasks, tasks.size(), sealed);
    control_ = make_memory(prefix + "control", fill(g.control_bytes()), g.control_bytes());
    results_ = make_memory(prefix + "results", fill(g.results_bytes()), g.results_bytes());
    facts_ = make_memory(prefix + "facts", fill(g.facts_bytes()), g.facts_bytes());
  }

  // Over the results, from there on.
  void write(std::size_t offset, const std::vector<std::byte>& bytes) const {
    ASSERT_EQ(::pwrite(results_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
  }

 private:
  FileDescriptor tasks_;
  FileDescriptor control_;
  FileDescriptor results_;
  FileDescriptor facts_;
};

// What `muster ls` says of this memory; that it prints a list at all.
std::string reason_of(const std::string& name) {
  const auto end = run_tool({"ls", "--json"});
  EXPECT_EQ(end.exit_code, 0) << end.term_signal << end.err;
  return skipped_reason(Json::parse(end.out), name);
}

TEST(ForeignMemory, OfAnySizeIsNoPool) {
  for (const std::size_t size : {1UL, 7UL, 8UL, 9UL, 64UL, 4095UL, 4096UL, kMegabyte}) {
    const auto fd = make_memory("muster:noise:tasks", random_bytes(size, 1), size);
    // Less than the first word cannot be told from a pool that is just being made.
    EXPECT_EQ(reason_of("noise"), size < 8 ? "" : "corrupt") << size;
    EXPECT_EQ(run_tool({"show", "noise"}).exit_code, 3) << size;
  }
}

TEST(ForeignMemory, ThatIsEmptyMayBecomeAPool) {
  for (const std::size_t size : {0UL, kMegabyte}) {
    const auto fd = make_memory("muster:empty:tasks", {}, size);
    EXPECT_EQ(reason_of("empty"), "");
    EXPECT_EQ(run_tool({"show", "empty"}).exit_code, 3);
  }
}

TEST(ForeignMemory, WithNamesLikeAPoolsAreLeftAlone) {
  std::vector<FileDescriptor> all;
  for (const char* name : {"muster:", "muster::", "muster::tasks", "muster:x:other", "muster:x",
                           "muster:x:control", "muster:x:y:tasks:", "xmuster:x:tasks"}) {
    all.push_back(make_memory(name, random_bytes(100, 2), 100));
  }
  EXPECT_EQ(reason_of("x"), "");
}

TEST(ForeignMemory, OfTheNameOfAPoolDoesNotHideIt) {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .name = "real"});
  const auto fd = make_memory("muster:real:tasks", random_bytes(kMegabyte, 3), kMegabyte);
  const auto other = make_memory("muster:real:facts", random_bytes(kMegabyte, 3), kMegabyte);
  EXPECT_EQ(test_support::shown("real").at("workers").at(0).at("pid"), pool.worker_pids().at(0));
}

TEST(ForeignMemory, OfAnotherVersionIsNotRead) {
  for (const bool same_version : {false, true}) {
    auto bytes = header_bytes(small_geometry());
    bytes[same_version ? offsetof(PoolHeader, layout_hash) : offsetof(PoolHeader, version)] ^=
        std::byte{1};
    const MadePool pool("future", bytes);
    EXPECT_EQ(reason_of("future"), "another version");
    for (const std::string& words : {std::string("future"), std::to_string(::getpid())}) {
      const auto end = run_tool({"show", words});
      EXPECT_EQ(end.exit_code, 5);
      EXPECT_TRUE(contains(end.err, "of another version of Muster, or another build of it"))
          << end.err;
      // In the same words everywhere.
      EXPECT_TRUE(contains(run_tool({"ls"}).err, end.err)) << end.err;
    }
  }
}

// What the page of `muster web --save` has to show: its messages.
Json saved_messages(const std::string& page) {
  const std::string begin = "id=\"report\"";
  const std::size_t at = page.find('>', page.find(begin));
  const std::size_t end = page.find("</script>", at);
  return Json::parse(page.substr(at + 1, end - at - 1)).at("messages");
}

bool are_among(const std::set<std::string>& some, const Json& pools) {
  std::set<std::string> names;
  for (const Json& pool : pools) names.insert(pool.at("name"));
  return std::ranges::includes(names, some);
}

TEST(ForeignMemory, IsNamedInAReportThatHasTheOtherPools) {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .name = "report real"});
  auto of_another_version = header_bytes(small_geometry());
  of_another_version[offsetof(PoolHeader, version)] ^= std::byte{1};
  const MadePool future("report future", of_another_version);
  const auto noise = make_memory("muster:report noise:tasks", random_bytes(100, 4), 100);
  // The id of both is the same, by which neither can be opened.
  const MadePool one("report twin 1", header_bytes(small_geometry()));
  const MadePool other("report twin 2", header_bytes(small_geometry()));

  const auto end = run_tool({"web", "--save", "-"});
  ASSERT_EQ(end.exit_code, 0) << end.err;
  EXPECT_TRUE(contains(end.err, "\"report future\"")) << end.err;
  EXPECT_TRUE(contains(end.err, "\"report noise\"")) << end.err;
  EXPECT_TRUE(contains(end.err, "pool \"report twin 1\" cannot be read: ")) << end.err;
  EXPECT_TRUE(contains(end.err, "pool \"report twin 2\" cannot be read: ")) << end.err;
  std::string real;
  std::set<std::string> told;
  for (const Json& message : saved_messages(end.out)) {
    const std::string event = message.at("event");
    const Json& data = message.at("data");
    if (event == "pools") {
      EXPECT_TRUE(are_among({"report future", "report noise"}, data.at("unreadable"))) << data;
      EXPECT_TRUE(are_among({"report real", "report twin 1", "report twin 2"}, data.at("pools")))
          << data;
    } else if (event == "pool" && data.at("name") == "report real") {
      real = message.at("pool");
    }
    if (message.at("pool") == real) told.insert(event);
  }
  for (const char* event : {"pool", "workers", "detail"})
    EXPECT_TRUE(told.contains(event)) << event;
}

TEST(ForeignMemory, ThatCouldShrinkIsNotMapped) {
  const MadePool pool("loose", header_bytes(small_geometry()), Sealed::no);
  EXPECT_EQ(reason_of("loose"), "corrupt");
}

TEST(ForeignMemory, WithoutItsOtherSegmentsIsNoPool) {
  const Geometry g = small_geometry();
  const auto fd = make_memory("muster:alone:tasks", header_bytes(g), g.tasks_bytes());
  EXPECT_EQ(reason_of("alone"), "corrupt");
}

TEST(ForeignMemory, OfADeadClientIsAnOrphan) {
  constexpr pid_t kNobody = 4194305;  // beyond the last pid there can be
  const MadePool pool("left over", header_bytes(small_geometry(), kNobody));
  const Json found = test_support::listed_once("left over", kNobody);
  EXPECT_EQ(found.at("state"), "orphan");
  EXPECT_EQ(found.at("workers_alive"), 0);
}

TEST(ForeignMemory, WithAReasonThatDoesNotEndIsReadSafely) {
  using muster::detail::PoolPhase;
  auto header = header_bytes(small_geometry());
  const auto state = PoolPhase::broken;
  std::memcpy(header.data() + offsetof(PoolHeader, state), &state, sizeof(state));
  const auto why = header.begin() + offsetof(PoolHeader, why_broken);
  std::fill_n(why, muster::detail::kWhyBrokenBytes, std::byte{'x'});
  const MadePool endless("endless", header);
  EXPECT_EQ(test_support::shown("endless").at("why_broken"),
            std::string(muster::detail::kWhyBrokenBytes, 'x'));
  *why = std::byte{0};
  const MadePool none("none", header);
  EXPECT_EQ(test_support::shown("none").at("why_broken"), nullptr);
}

TEST(ForeignMemory, BehindARightHeaderIsReadSafely) {
  // A client may write anything there at any time.
  for (unsigned seed = 0; seed < 20; ++seed) {
    const MadePool pool("scribbled", header_bytes(small_geometry()), Sealed::yes, seed);
    const Json shown = test_support::shown("scribbled");
    EXPECT_EQ(shown.at("workers").size(), small_geometry().workers);
    EXPECT_EQ(shown.at("workers_alive"), 0);
    EXPECT_EQ(run_tool({"show", "scribbled"}).exit_code, 0);
    EXPECT_EQ(run_tool({"ls"}).exit_code, 0);
  }
}

}  // namespace

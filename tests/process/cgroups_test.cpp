#include "lib/common/cgroups.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using muster::detail::cgroup_places;

TEST(CgroupPlaces, AreThoseOfBothVersions) {
  const auto places = cgroup_places("9:cpu,memory:/a:b\n0::/c\n");
  ASSERT_EQ(places.size(), 2);
  EXPECT_FALSE(places[0].is_v2());
  EXPECT_EQ(places[0].path, "/a:b");
  EXPECT_TRUE(places[0].has("cpu"));
  EXPECT_TRUE(places[0].has("memory"));
  EXPECT_TRUE(places[1].is_v2());
  EXPECT_EQ(places[1].path, "/c");
  EXPECT_FALSE(places[1].has("memory"));
}

TEST(CgroupPlaces, AreOfControllersByTheirWholeNames) {
  const auto places = cgroup_places("3:name=memory,memory2,cpuset:/a");
  ASSERT_EQ(places.size(), 1);
  EXPECT_FALSE(places[0].has("memory"));
  EXPECT_FALSE(places[0].has("cpu"));
  EXPECT_TRUE(places[0].has("cpuset"));
}

TEST(CgroupPlaces, LeaveOutWhatIsNoLine) {
  EXPECT_TRUE(cgroup_places("").empty());
  EXPECT_TRUE(cgroup_places("\nno colon\none:only\n").empty());
}

TEST(SelfAndAncestors, AreAllFoldersUpToTheRoot) {
  using muster::detail::self_and_ancestors;
  using Paths = std::vector<std::string>;
  EXPECT_EQ(self_and_ancestors("/a/bc/d"), (Paths{"/a/bc/d", "/a/bc", "/a", ""}));
  EXPECT_EQ(self_and_ancestors("/"), Paths{""});
  EXPECT_EQ(self_and_ancestors(""), Paths{""});
  EXPECT_EQ(self_and_ancestors("a"), (Paths{"a", ""}));
}

}  // namespace

// muster ls where there is no pool. As root, another user looks, who has none; else no other test
// runs meanwhile.

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/status_tool.hpp"

namespace {

using test_support::contains;
using test_support::Json;
using test_support::run_tool_in;

TEST(NoPools, IsSaidOnStandardError) {
  const auto end = run_tool_in("another-user", {"ls"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "");
  EXPECT_TRUE(contains(end.err, "this user has no pools that can be seen")) << end.err;
}

TEST(NoPools, IsAnEmptyListForPrograms) {
  const auto end = run_tool_in("another-user", {"ls", "--json"});
  EXPECT_EQ(end.exit_code, 0);
  const Json list = Json::parse(end.out);
  EXPECT_EQ(list.at("schema"), 1);
  EXPECT_EQ(list.at("pools"), Json::array());
}

}  // namespace

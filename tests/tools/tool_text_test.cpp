// How the status tool writes names, times and sizes.

#include <chrono>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/muster/text.hpp"

namespace {

using namespace std::chrono_literals;
using muster_tool::describe;
using muster_tool::describe_bytes;
using muster_tool::escaped;
using muster_tool::printable;
using muster_tool::rfc3339;

TEST(ToolText, KeepsWhatCanBePrinted) {
  for (const char* text : {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac 5", "\xf0\x9f\x8e\xbb"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(ToolText, ReplacesControls) {
  EXPECT_EQ(printable("a\tb\nc\x1b[0m\x7f"), "a?b?c?[0m?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "??31m");  // a control sequence in one code point
  EXPECT_EQ(printable(std::string_view("\0", 1)), "?");
}

TEST(ToolText, ReplacesWhatTurnsTextAroundOrBreaksLines) {
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a?b");  // right-to-left override
  EXPECT_EQ(printable("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f"), "????");
  EXPECT_EQ(printable("\xe2\x80\xa8"), "?");             // line separator
  EXPECT_EQ(printable("\xe2\x80\x94"), "\xe2\x80\x94");  // a dash
}

TEST(ToolText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(printable("\xff"), "?");
  EXPECT_EQ(printable("\xc3"), "?");                 // cut short
  EXPECT_EQ(printable("\xc3("), "?(");               // not continued
  EXPECT_EQ(printable("\xc0\xaf"), "??");            // longer than needed
  EXPECT_EQ(printable("\xe0\x80\xaf"), "???");       // longer than needed
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");  // beyond the last code point
  EXPECT_EQ(printable("\xf8\x88\x80\x80\x80"), "?????");
}

TEST(Escaped, KeepsDifferentNamesDifferent) {
  EXPECT_EQ(escaped("resize \xc3\xa4"), "resize \xc3\xa4");
  EXPECT_EQ(escaped("\x01z"), "\\x01z");
  EXPECT_EQ(escaped("\\x01z"), "\\\\x01z");
  EXPECT_EQ(escaped("\xffz"), "\\xffz");
  EXPECT_EQ(escaped("\xe2\x80\xaez"), "\\xe2\\x80\\xaez");
}

TEST(ToolText, CountsColumnsByCodePoints) {
  EXPECT_EQ(muster_tool::width("caf\xc3\xa9"), 4U);
  EXPECT_EQ(muster_tool::width("\xe2\x82\xac"), 1U);
}

TEST(ToolText, DescribesTimesByTwoUnits) {
  EXPECT_EQ(describe(0s), "0 us");
  EXPECT_EQ(describe(-5s), "0 us");
  EXPECT_EQ(describe(850ns), "850 ns");
  EXPECT_EQ(describe(1299ns), "1.3 us");
  EXPECT_EQ(describe(85us), "85 us");
  EXPECT_EQ(describe(1299us), "1.3 ms");
  EXPECT_EQ(describe(850ms), "850 ms");
  EXPECT_EQ(describe(1299ms), "1.3 s");
  EXPECT_EQ(describe(9949ns), "9.9 us");
  EXPECT_EQ(describe(9951ns), "10 us");
  EXPECT_EQ(describe(10'900ns), "11 us");
  EXPECT_EQ(describe(999'600ns), "1.0 ms");
  EXPECT_EQ(describe(999'600us), "1.0 s");
  EXPECT_EQ(describe(59'940ms), "59.9 s");
  EXPECT_EQ(describe(59'999ms), "1m 00s");
  EXPECT_EQ(describe(std::chrono::nanoseconds::max()), "106751d 23h");
  EXPECT_EQ(describe(187s), "3m 07s");
  EXPECT_EQ(describe(2h + 5min), "2h 05m");
  EXPECT_EQ(describe(99h), "4d 03h");
}

TEST(ToolText, ShortensByColumnsNotBytes) {
  using muster_tool::shortened;
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab\u2026");
  EXPECT_EQ(shortened("\u5199\u771f\u5e97", 3), "\u5199\u771f\u5e97");
  EXPECT_EQ(shortened("\u5199\u771f\u5e97\u5199", 3), "\u5199\u771f\u2026");
}

TEST(ToolText, DescribesSizes) {
  EXPECT_EQ(describe_bytes(0), "0.0 KiB");
  EXPECT_EQ(describe_bytes(1536), "1.5 KiB");
  EXPECT_EQ(describe_bytes(5 * 1024 * 1024), "5.0 MiB");
  EXPECT_EQ(describe_bytes(~0ULL), "16384.0 PiB");
}

TEST(ToolText, WritesMomentsInUtc) {
  using Moment = std::chrono::system_clock::time_point;
  EXPECT_EQ(rfc3339(Moment()), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(rfc3339(Moment(1'700'000'000'123'456'789ns)), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(rfc3339(Moment(-1us)), "1969-12-31T23:59:59.999999Z");
}

}  // namespace

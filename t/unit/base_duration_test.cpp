#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/duration.h"

namespace gatehouse {

namespace {

constexpr std::int64_t day = 86400;

TEST(duration, times_are_read_as_nginx_reads_them) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0", 0},
      {"10", 10},
      {"10s", 10},
      {"15m", 900},
      {"1h", 3600},
      {"1d", day},
      {"30d", 30 * day},
      {"1w", 7 * day},
      {"1M", 30 * day},
      {"1y", 365 * day},
      {"1h 30m", 5400},
      {"1h30m", 5400},
      {"1h 30", 3630},
      {"1m 1s", 61},
      {"1h30", 3630},
      {"1d 2h 3m 4s", 93784},
      {"1y 1M 1w", 402 * day},
      {"007s", 7},
      {"100y", 36500 * day},
      {"0h 0m", 0},
  };
  for (const auto& [text, expected] : cases) {
    const result<seconds> time = parse_duration(text);
    ASSERT_TRUE(time.ok()) << text << ": " << time.failure().what;
    EXPECT_EQ(time->count(), expected) << text;
    const result<millis> fine = parse_millis(text);
    ASSERT_TRUE(fine.ok()) << text;
    EXPECT_EQ(fine->count(), expected * 1000) << text;
  }
}

TEST(duration, milliseconds_only_where_they_are_meant) {
  EXPECT_EQ(parse_millis("250ms")->count(), 250);
  EXPECT_EQ(parse_millis("0ms")->count(), 0);
  EXPECT_EQ(parse_millis("1s 500ms")->count(), 1500);
  EXPECT_EQ(parse_millis("1m500ms")->count(), 60500);
  EXPECT_FALSE(parse_duration("250ms").ok());
  EXPECT_FALSE(parse_duration("1000ms").ok());
  EXPECT_FALSE(parse_duration("1s 500ms").ok());
}

TEST(duration, what_is_no_time_is_refused_with_what_to_write) {
  for (const char* bad : {"",
                          " ",
                          "s",
                          "m",
                          "-1s",
                          "+1s",
                          "1.5h",
                          "1x",
                          "15 m",
                          "1h  30m",
                          "1h ",
                          " 1h",
                          "1h 30m ",
                          "30m 1h",
                          "1h 1h",
                          "10 10",
                          "10 10s",
                          "10s 10",
                          "1S",
                          "1H",
                          "1sec",
                          "1mss",
                          "1h,30m",
                          "0x10",
                          "1ms 1s",
                          "99999999999999999999s",
                          "9223372036854775807y",
                          "101y",
                          "100y 1s",
                          "off"}) {
    const result<seconds> time = parse_duration(bad);
    ASSERT_FALSE(time.ok()) << bad;
    EXPECT_EQ(time.failure().kind, fault::invalid);
    EXPECT_NE(time.failure().what.find("\"" + std::string(bad) + "\""), std::string::npos) << time.failure().what;
    EXPECT_NE(time.failure().what.find("15m"), std::string::npos) << time.failure().what;
    EXPECT_FALSE(parse_millis(bad).ok()) << bad;
  }
}

TEST(duration, a_time_holding_a_nul_is_refused) { EXPECT_FALSE(parse_duration(std::string_view("1s\0", 3)).ok()); }

TEST(duration, sizes_are_read_as_nginx_reads_them) {
  EXPECT_EQ(*parse_size("0"), 0U);
  EXPECT_EQ(*parse_size("512"), 512U);
  EXPECT_EQ(*parse_size("64k"), 64U << 10);
  EXPECT_EQ(*parse_size("64K"), 64U << 10);
  EXPECT_EQ(*parse_size("16m"), 16U << 20);
  EXPECT_EQ(*parse_size("16M"), 16U << 20);
  EXPECT_EQ(*parse_size("4g"), std::size_t{4} << 30);
  EXPECT_EQ(*parse_size("4G"), std::size_t{4} << 30);
  EXPECT_EQ(*parse_size("18446744073709551615"), std::numeric_limits<std::size_t>::max());
}

TEST(duration, what_is_no_size_is_refused_with_what_to_write) {
  for (const char* bad : {"", "m", "-1", "+1", "1.5m", "16 m", "16mb", "16t", "16m ", " 16m", "0x10", "mm",
                          "18446744073709551616", "18014398509481984k", "18446744073709551615k"}) {
    const result<std::size_t> size = parse_size(bad);
    ASSERT_FALSE(size.ok()) << bad;
    EXPECT_EQ(size.failure().kind, fault::invalid);
    EXPECT_NE(size.failure().what.find("16m"), std::string::npos);
  }
}

TEST(duration, counts_are_digits_within_their_bounds) {
  EXPECT_EQ(*parse_count("1", 1, 64), 1U);
  EXPECT_EQ(*parse_count("64", 1, 64), 64U);
  EXPECT_EQ(*parse_count("0", 0, 0), 0U);
  EXPECT_EQ(*parse_count("4294967295", 0, std::numeric_limits<std::uint32_t>::max()), 4294967295U);
  for (const char* bad :
       {"", "0", "65", "-1", "+1", "1 ", " 1", "1.0", "1k", "x", "4294967297", "18446744073709551617"}) {
    const result<std::uint32_t> count = parse_count(bad, 1, 64);
    ASSERT_FALSE(count.ok()) << bad;
    EXPECT_NE(count.failure().what.find("from 1 to 64"), std::string::npos);
  }
}

}  // namespace

}  // namespace gatehouse

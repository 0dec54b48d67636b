// Issue 10.16: how applications may read a raw path.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "gate/path_readings.h"

namespace gatehouse {
namespace {

using gate::is_ambiguous_path;
using gate::path_readings;

bool reads_as(std::string_view raw, std::string_view path) {
  const auto readings = path_readings(raw);
  return readings && std::ranges::find(*readings, path) != readings->end();
}

TEST(path_readings, a_plain_path_has_one) {
  for (const std::string path : {"/", "/a", "/a/b/", "/a.b/c..d/...", "/a-b_c~d!$&'()*+,=:@"}) {
    EXPECT_EQ(path_readings(path), std::vector<std::string>{path}) << path;
  }
  EXPECT_FALSE(is_ambiguous_path("/a/b.c/d"));
}

TEST(path_readings, every_way_to_write_a_path_reads_as_it) {
  for (const char* raw : {"/admin/x",          "/%61dmin/x",          "/%2561dmin/x",
                          "/admin%2fx",        "/admin%252fx",        "/admin\\x",
                          "/admin%5cx",        "//admin//x",          "/a/../admin/x",
                          "/a/%2e%2e/admin/x", "/a/..%2fadmin/x",     "/a/..;/admin/x",
                          "/a/..;x=1/admin/x", "/a%2f..%2fadmin%2fx", "/;/admin/x",
                          "/admin;x/x",        "/admin%3bx/x",        "/./admin/x",
                          "/%2e/admin/x",      "/admin/y/..%2fx",     "/a/%252e%252e/admin/x",
                          "/a\\..\\admin\\x",  "/a%5c..%5cadmin/x",   "/../admin/x",
                          "/;%2f..%2fadmin/x", "/a/.%2e/admin/x",     "/%2f/admin/x",
                          "/a/..%255cadmin/x", "/a;%2f../admin/x"}) {
    EXPECT_TRUE(reads_as(raw, "/admin/x")) << raw;
  }
}

TEST(path_readings, dots_are_resolved_before_or_after) {
  EXPECT_TRUE(reads_as("/admin/%2e%2e%2fx", "/x"));
  EXPECT_TRUE(reads_as("/admin/%2e%2e%2fx", "/admin/../x"));
  EXPECT_FALSE(reads_as("/admin/../x", "/admin/../x")) << "plain dots are resolved by everybody";
  EXPECT_TRUE(reads_as("/admin//../x", "/x")) << "merged before";
  EXPECT_TRUE(reads_as("/admin//../x", "/admin/x")) << "merged after";
  EXPECT_TRUE(reads_as("/admin;/../x", "/x"));
  EXPECT_TRUE(reads_as("/a;b/../../admin", "/admin"));
}

TEST(path_readings, an_undecoded_path_is_none) {
  EXPECT_FALSE(reads_as("/%70ublic/x", "/%70ublic/x"));
  EXPECT_TRUE(reads_as("/100%/x", "/100%/x")) << "not an escape";
}

TEST(path_readings, dots_at_the_end_leave_a_folder) {
  EXPECT_TRUE(reads_as("/a/b/..", "/a/"));
  EXPECT_TRUE(reads_as("/a/.", "/a/"));
  EXPECT_TRUE(reads_as("/..", "/"));
  EXPECT_TRUE(reads_as("/../..", "/"));
}

TEST(path_readings, what_is_no_path_has_none) {
  EXPECT_EQ(path_readings("*"), std::vector<std::string>{});
  EXPECT_EQ(path_readings(""), std::vector<std::string>{});
}

TEST(path_readings, the_longest_path_costs_little) {
  std::string raw = "/";
  while (raw.size() < 8000) raw += "%252e%252e;%5c//a;b/%2e.";
  const auto begin = std::chrono::steady_clock::now();
  path_readings(raw);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

}  // namespace
}  // namespace gatehouse

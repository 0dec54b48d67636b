#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "loop_host.h"
#include "page_memory.h"
#include "session/zone.h"

namespace gatehouse::session {

namespace {

class session_zone : public ::testing::Test {
 protected:
  page_memory pages_{1 << 20};
  void* memory_ = pages_.data();
  std::size_t size_ = pages_.size();
  loop_host loop_;
};

bool zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte each) { return each == std::byte{0}; });
}

TEST_F(session_zone, is_laid_out_in_zeroed_regions_that_do_not_overlap) {
  std::fill_n(pages_.data(), pages_.size(), std::byte{0xff});
  ASSERT_TRUE(zone::lay_out(memory_, size_).ok());
  const zone made(loop_.core(), memory_);
  std::vector<std::span<std::byte>> regions{made.revocations(), made.metrics()};
  for (const auto& each : regions) {
    EXPECT_TRUE(zero(each));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(each.data()) % 64, 0U);
  }
  EXPECT_GT(made.revocations().size(), size_ * 9 / 10) << "issue 10.7: nothing lies idle";
  EXPECT_GE(made.metrics().size(), std::size_t{64} * 1024);

  std::sort(regions.begin(), regions.end(), [](const auto& a, const auto& b) { return a.data() < b.data(); });
  const std::byte* end = static_cast<std::byte*>(memory_) + 4096;
  for (const auto& each : regions) {
    EXPECT_GE(each.data(), end);
    end = each.data() + each.size();
  }
  EXPECT_LE(end, static_cast<std::byte*>(memory_) + size_);
}

TEST_F(session_zone, the_least_size_is_enough_and_less_is_refused) {
  EXPECT_TRUE(zone::lay_out(memory_, zone::least_size).ok());
  const status refused = zone::lay_out(memory_, zone::least_size - 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().what, "gatehouse_zone: the zone is too small; write at least 256k");
}

TEST_F(session_zone, an_inherited_zone_is_checked) {
  EXPECT_FALSE(zone::check(memory_, size_).ok()) << "never laid out";
  ASSERT_TRUE(zone::lay_out(memory_, size_).ok());
  EXPECT_TRUE(zone::check(memory_, size_).ok());
  EXPECT_FALSE(zone::check(memory_, size_ - 4096).ok());
  static_cast<std::uint32_t*>(memory_)[2] += 1;  // the layout version
  const status other = zone::check(memory_, size_);
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.failure().what.find("restart nginx"), std::string::npos);
}

}  // namespace

}  // namespace gatehouse::session

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "view/qr_code.h"

namespace gatehouse::view {

namespace {

// What it says is for t/http: zbarimg reads it there.
TEST(view_qr_code, is_the_smallest_that_holds_the_text_with_a_border_of_four) {
  EXPECT_EQ(make_qr_code("gatehouse").side, 21 + 8);
  EXPECT_EQ(make_qr_code(std::string(2331, 'x')).side, 177 + 8);
}

// The finder pattern in the corner: seven, then one at each side with three between.
TEST(view_qr_code, is_runs_of_dark_modules) {
  const std::string path = make_qr_code("gatehouse").path;
  EXPECT_EQ(path.find("M4 4h7v1h-7z"), 0U) << path;
  EXPECT_NE(path.find("M4 5h1v1h-1zM10 5h1v1h-1z"), std::string::npos) << path;
  EXPECT_NE(path.find("M4 6h1v1h-1zM6 6h3v1h-3zM10 6h1v1h-1z"), std::string::npos) << path;
}

TEST(view_qr_code, what_no_code_can_hold) { EXPECT_THROW(make_qr_code(std::string(3000, 'x')), std::runtime_error); }

}  // namespace

}  // namespace gatehouse::view

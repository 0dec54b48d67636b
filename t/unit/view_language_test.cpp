#include <gtest/gtest.h>

#include <array>
#include <string>

#include "view/language.h"

namespace gatehouse::view {
namespace {

constexpr std::array<std::string_view, 3> known{"de", "en", "pt-br"};

std::string choice(std::string_view accept_language) {
  return std::string(choose_language(accept_language, known).value_or("none"));
}

TEST(language, the_highest_quality_wins_and_the_first_of_equals) {
  EXPECT_EQ(choice("de"), "de");
  EXPECT_EQ(choice("en, de"), "en");
  EXPECT_EQ(choice("en;q=0.5, de;q=0.8"), "de");
  EXPECT_EQ(choice("en;q=0.8,de;q=0.8"), "en");
  EXPECT_EQ(choice("fr, de;q=0.1"), "de");
  EXPECT_EQ(choice("DE"), "de");
  EXPECT_EQ(choice("  en ; q=0.3 ,\tde ; q=0.4 "), "de");
}

TEST(language, a_region_is_content_with_the_language_but_not_the_other_way_round) {
  EXPECT_EQ(choice("de-CH"), "de");
  EXPECT_EQ(choice("de-Latn-CH-1996"), "de");
  EXPECT_EQ(choice("pt-BR"), "pt-br");
  EXPECT_EQ(choice("pt"), "none");
  EXPECT_EQ(choice("pt-PT, en;q=0.1"), "en");
}

TEST(language, what_is_refused_unknown_or_malformed_counts_for_nothing) {
  for (const char* header : {"", "fr", "*", "de;q=0", "de;q=0.000", "de;q=", "de;q=x", "de;q=0.0001", "de;q=-1",
                             "de;q=.5", "de;x=1", ",,;", "d", "-", "de-;q=0", "q=1"}) {
    EXPECT_EQ(choice(header), "none") << header;
  }
  EXPECT_EQ(choice("de;q=1.000"), "de");
}

}  // namespace
}  // namespace gatehouse::view

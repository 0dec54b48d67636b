#include <gtest/gtest.h>

#include <vector>

#include "gate/bearer.h"

namespace gatehouse::gate {
namespace {

found_token find(std::vector<std::string_view> headers) { return find_bearer(headers); }

TEST(bearer, no_header_and_other_schemes_are_no_token) {
  EXPECT_TRUE(std::holds_alternative<no_token>(find({})));
  for (const char* other : {"", "Basic dXNlcjpwYXNz", "Bearerish abc", "Digest username=x", "Bear", "beare r x"}) {
    EXPECT_TRUE(std::holds_alternative<no_token>(find({other}))) << other;
  }
}

TEST(bearer, requirement_20_the_scheme_is_case_insensitive) {
  for (const char* header : {"Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "bEaReR   a.b.c", "Bearer a.b.c  "}) {
    const found_token found = find({header});
    ASSERT_TRUE(std::holds_alternative<bearer_token>(found)) << header;
    EXPECT_EQ(std::get<bearer_token>(found).text, "a.b.c");
  }
}

TEST(bearer, requirement_20_two_headers_are_ambiguous) {
  EXPECT_TRUE(std::holds_alternative<ambiguous_token>(find({"Bearer a.b.c", "Bearer a.b.c"})));
  EXPECT_TRUE(std::holds_alternative<ambiguous_token>(find({"Basic eDp5", "Bearer a.b.c"})));
}

TEST(bearer, a_scheme_without_a_token_is_malformed) {
  for (const char* header : {"Bearer", "Bearer ", "bearer    "}) {
    EXPECT_TRUE(std::holds_alternative<malformed_token>(find({header}))) << header;
  }
}

TEST(bearer, what_follows_the_scheme_is_for_the_verifier_to_judge) {
  const found_token found = find({"Bearer a b, c"});
  ASSERT_TRUE(std::holds_alternative<bearer_token>(found));
  EXPECT_EQ(std::get<bearer_token>(found).text, "a b, c");
}

}  // namespace
}  // namespace gatehouse::gate

#include <gtest/gtest.h>

#include "gate/remembered_browser.h"
#include "token_keys.h"

namespace gatehouse::gate {

namespace {

token::key_set keys_of(const std::string& refresh) {
  return *token::key_set::parse("{\"keys\":[" + token::test::hs256_access + "," + refresh + "]}");
}

const remembered_browser ann{"main", "ann", 3};

TEST(gate_remembered_browser, is_remembered_until_its_end) {
  const token::key_set keys = keys_of(token::test::hs256_refresh);
  const std::string value = remember_browser(keys, ann, 1000);
  EXPECT_TRUE(is_remembered(keys, ann, value, 999));
  EXPECT_FALSE(is_remembered(keys, ann, value, 1000));
}

TEST(gate_remembered_browser, belongs_to_one_user_of_one_realm_as_he_was) {
  const token::key_set keys = keys_of(token::test::hs256_refresh);
  const std::string value = remember_browser(keys, ann, 1000);
  EXPECT_FALSE(is_remembered(keys, {"other", "ann", 3}, value, 1));
  EXPECT_FALSE(is_remembered(keys, {"main", "bob", 3}, value, 1));
  EXPECT_FALSE(is_remembered(keys, {"main", "ann", 4}, value, 1));
}

TEST(gate_remembered_browser, nothing_of_it_can_be_changed) {
  const token::key_set keys = keys_of(token::test::hs256_refresh);
  const std::string value = remember_browser(keys, ann, 1000);
  const std::string signature = value.substr(value.find('.'));
  for (const std::string& wrong : {std::string(), std::string("."), std::string("1000"), std::string("1000."),
                                   signature, "1001" + signature, "01000" + signature, "+1000" + signature,
                                   " 1000" + signature, value + "A", "99999999999999999999" + signature}) {
    EXPECT_FALSE(is_remembered(keys, ann, wrong, 1)) << wrong;
  }
  const token::key_set others =
      keys_of(token::test::oct("r1", token::test::access_bytes, R"(,"use":"gatehouse-refresh")"));
  EXPECT_FALSE(is_remembered(others, ann, value, 1));
}

}  // namespace

}  // namespace gatehouse::gate

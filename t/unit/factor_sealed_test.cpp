#include <gtest/gtest.h>

#include "factor/sealed.h"
#include "token_keys.h"

namespace gatehouse::factor {

namespace {

std::string data_key(const std::string& id, char fill, const std::string& more = "") {
  return R"({"kty":"oct","use":"gatehouse-data","kid":")" + id + R"(","k":")" + std::string(42, fill) + "A\"" + more +
         "}";
}

token::key_set keys_with(const std::string& data_keys) {
  using namespace token::test;
  return *token::key_set::parse("{\"keys\":[" + std::string(hs256_access) + "," + hs256_refresh + data_keys + "]}");
}

const std::string context = sealed_for("main", "ann", "one");

TEST(factor_sealed, opens_what_it_has_sealed_and_each_time_looks_another_way) {
  const token::key_set keys = keys_with("," + data_key("d1", 'B'));
  const secret plain("a secret");
  const sealed one = seal(*keys.sealing_key(), plain, context), two = seal(*keys.sealing_key(), plain, context);
  EXPECT_EQ(one.key_id, "d1");
  EXPECT_NE(one.bytes, two.bytes);
  EXPECT_EQ(one.bytes.find("a secret"), std::string::npos);
  EXPECT_EQ(open(keys, one, context)->reveal(), "a secret");
  EXPECT_EQ(open(keys, two, context)->reveal(), "a secret");
}

TEST(factor_sealed, belongs_to_one_factor_of_one_user_of_one_realm) {
  const token::key_set keys = keys_with("," + data_key("d1", 'B'));
  const sealed kept = seal(*keys.sealing_key(), secret("a secret"), context);
  EXPECT_FALSE(open(keys, kept, sealed_for("other", "ann", "one")));
  EXPECT_FALSE(open(keys, kept, sealed_for("main", "bob", "one")));
  EXPECT_FALSE(open(keys, kept, sealed_for("main", "ann", "two")));
}

TEST(factor_sealed, any_changed_bit_and_any_cut_is_found) {
  const token::key_set keys = keys_with("," + data_key("d1", 'B'));
  const sealed kept = seal(*keys.sealing_key(), secret("a secret"), context);
  for (std::size_t i = 0; i < kept.bytes.size(); ++i) {
    sealed changed = kept;
    changed.bytes[i] = static_cast<char>(changed.bytes[i] ^ 1);
    EXPECT_FALSE(open(keys, changed, context)) << i;
    changed.bytes = kept.bytes.substr(0, i);
    EXPECT_FALSE(open(keys, changed, context)) << i;
  }
}

TEST(factor_sealed, keys_are_rotated_by_overlap) {
  const token::key_set before = keys_with("," + data_key("old", 'B'));
  const sealed kept = seal(*before.sealing_key(), secret("a secret"), context);
  const token::key_set both = keys_with("," + data_key("new", 'C') + "," + data_key("old", 'B'));
  EXPECT_EQ(both.sealing_key()->id, "new");
  EXPECT_EQ(open(both, kept, context)->reveal(), "a secret");
  const token::key_set after = keys_with("," + data_key("new", 'C'));
  const auto unreadable = open(after, kept, context);
  ASSERT_FALSE(unreadable);
  EXPECT_NE(unreadable.failure().what.find("\"old\""), std::string::npos) << unreadable.failure().what;
}

TEST(factor_sealed, a_key_that_only_decrypts_seals_nothing) {
  const token::key_set keys =
      keys_with("," + data_key("old", 'B', R"(,"key_ops":["decrypt"])") + "," + data_key("d1", 'C'));
  EXPECT_EQ(keys.sealing_key()->id, "d1");
  EXPECT_NE(keys.find_data_key("old"), nullptr);
  EXPECT_EQ(keys_with("").sealing_key(), nullptr);
}

TEST(factor_sealed, bad_data_keys_are_refused_with_the_whole_set) {
  using namespace token::test;
  const std::string good = std::string(hs256_access) + "," + hs256_refresh + ",";
  const auto why = [&](const std::string& jwk) {
    const auto parsed = token::key_set::parse("{\"keys\":[" + good + jwk + "]}");
    return parsed ? std::string() : parsed.failure().what;
  };
  EXPECT_EQ(why(data_key("d1", 'B')), "");
  EXPECT_NE(why(R"({"kty":"oct","use":"gatehouse-data","kid":"d1","k":"AAAA"})").find("32 random bytes"),
            std::string::npos);
  EXPECT_NE(why(R"({"kty":"oct","use":"gatehouse-data","k":"AAAA"})").find("\"kid\""), std::string::npos);
  EXPECT_NE(why(data_key("d1", 'B', R"(,"alg":"HS256")")).find("\"alg\""), std::string::npos);
  EXPECT_NE(why(data_key("d1", 'B', R"(,"key_ops":["sign"])")).find("\"key_ops\""), std::string::npos);
  EXPECT_NE(why(data_key("d1", 'B') + "," + data_key("d1", 'C')).find("same \"kid\""), std::string::npos);
  EXPECT_NE(why(R"({"kty":"OKP","crv":"Ed25519","use":"gatehouse-data","kid":"d1","x":"AAAA"})").find("\"oct\" only"),
            std::string::npos);
}

TEST(factor_sealed, is_never_published) {
  const token::key_set keys = keys_with("," + data_key("d1", 'B'));
  EXPECT_EQ(keys.public_jwks().find("d1"), std::string::npos);
  EXPECT_EQ(keys.find(token::key_use::access, "d1"), nullptr);
  EXPECT_EQ(keys.find(token::key_use::refresh, "d1"), nullptr);
}

}  // namespace

}  // namespace gatehouse::factor

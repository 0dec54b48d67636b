#include <gtest/gtest.h>

#include <string>

#include "password/phc_string.h"

namespace gatehouse::password {

namespace {

const std::string salt = "BQAAAAAAAAAAAAAAAAAAAA";
const std::string hash = "gcitKg4J8SepeF1Vk4VC7uFzQBfjDm9LleUVYc5SQEc";

TEST(phc_string, requirement_50_the_fields_are_read) {
  const result<phc_string> parts = parse_phc("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + hash);
  ASSERT_TRUE(parts.ok()) << parts.failure().what;
  EXPECT_EQ(parts->kind, phc_string::variant::argon2id);
  EXPECT_EQ(parts->cost, (parameters{19 * 1024 * 1024, 2}));
  EXPECT_EQ(parts->lanes, 1U);
  EXPECT_EQ(parts->salt, std::string("\x05") + std::string(15, '\0'));
  EXPECT_EQ(parts->hash.size(), 32U);
}

TEST(phc_string, what_is_read_is_written_again) {
  for (const std::string& text :
       {"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + hash, "$argon2i$v=19$m=65536,t=3,p=4$" + salt + "$" + hash,
        "$argon2id$v=19$m=8,t=1,p=1$BQAAAAAAAAA$" + salt, "$argon2id$v=19$m=1048576,t=4,p=1$" + salt + "$" + hash}) {
    const result<phc_string> parts = parse_phc(text);
    ASSERT_TRUE(parts.ok()) << text << ": " << parts.failure().what;
    EXPECT_EQ(format_phc(*parts), text);
  }
}

TEST(phc_string, requirement_50_what_is_malformed_or_absurd_is_an_internal_error) {
  const std::string rest = "$" + salt + "$" + hash;
  const std::string long_part(120, 'A');
  for (const std::string& bad : {
           std::string(),
           std::string("$"),
           std::string("*0"),
           std::string("$argon2id$"),
           std::string("$argon2id$v=19$"),
           "argon2id$v=19$m=64,t=2,p=1" + rest,
           " $argon2id$v=19$m=64,t=2,p=1" + rest,
           "$argon2d$v=19$m=64,t=2,p=1" + rest,
           "$argon2id$m=64,t=2,p=1" + rest,
           "$argon2id$v=16$m=64,t=2,p=1" + rest,
           "$argon2id$v=019$m=64,t=2,p=1" + rest,
           "$argon2id$v=19$t=2,m=64,p=1" + rest,
           "$argon2id$v=19$m=64,t=2" + rest,
           "$argon2id$v=19$m=64,t=2,p=1,keyid=x" + rest,
           "$argon2id$v=19$m=064,t=2,p=1" + rest,
           "$argon2id$v=19$m=,t=2,p=1" + rest,
           "$argon2id$v=19$m=-64,t=2,p=1" + rest,
           "$argon2id$v=19$m=+64,t=2,p=1" + rest,
           "$argon2id$v=19$m=64,t=0,p=1" + rest,
           "$argon2id$v=19$m=64,t=2,p=0" + rest,
           "$argon2id$v=19$m=7,t=2,p=1" + rest,            // below 8 KiB
           "$argon2id$v=19$m=16,t=2,p=3" + rest,           // below 8 KiB a lane
           "$argon2id$v=19$m=64,t=2,p=4294967295" + rest,  // 8 × lanes beyond 32 bits
           "$argon2id$v=19$m=1048577,t=1,p=1" + rest,      // above 1 GiB
           "$argon2id$v=19$m=4294967295,t=1,p=1" + rest,
           "$argon2id$v=19$m=4294967296,t=1,p=1" + rest,
           "$argon2id$v=19$m=19456,t=4294967295,p=1" + rest,
           "$argon2id$v=19$m=1048576,t=5,p=1" + rest,
           "$argon2id$v=19$m=64,t=2,p=1$" + salt,
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$",
           "$argon2id$v=19$m=64,t=2,p=1$$" + hash,
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + hash + "$",
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + hash.substr(1) + "\xC3",
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + hash + "\n",
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + hash + "=",
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "==$" + hash,
           "$argon2id$v=19$m=64,t=2,p=1$BQAAAAAAAA$" + hash,     // 7 bytes of salt
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$AAAAAAAA",  // 6 bytes of hash
           "$argon2id$v=19$m=64,t=2,p=1$" + long_part + "$" + hash,
           "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + long_part,
           "$argon2id$v=19$m=64,t=2,p=1$BQAAAAAAAAAAAAAAAAAAAB$" + hash,  // bits after the last byte
           "$argon2id$v=19$m=64,t=2,p=1$BQAA AAAAAAAAAAAAAAAAAA$" + hash,
           "$argon2id$v=19$m=64,t=2,p=1$BQAA_AAAAAAAAAAAAAAAAA$" + hash,  // base64url
       }) {
    const result<phc_string> parts = parse_phc(bad);
    ASSERT_FALSE(parts.ok()) << bad;
    EXPECT_EQ(parts.failure().kind, fault::internal) << bad;
    EXPECT_EQ(parts.failure().what.find(hash.substr(0, 8)), std::string::npos) << parts.failure().what;
    EXPECT_EQ(parts.failure().what.find("BQAA"), std::string::npos) << parts.failure().what;
  }
}

TEST(phc_string, a_nul_inside_is_malformed) {
  std::string text = "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + hash;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string broken = text;
    broken[i] = '\0';
    EXPECT_FALSE(parse_phc(broken).ok()) << i;
  }
}

TEST(phc_string, no_prefix_of_one_is_one) {
  // Cut inside the hash it may be a shorter hash; before its 16th byte it cannot.
  const std::string text = "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + hash;
  for (std::size_t length = 0; length < text.size() - hash.size() + 21; ++length) {
    EXPECT_FALSE(parse_phc(text.substr(0, length)).ok()) << length;
  }
}

}  // namespace

}  // namespace gatehouse::password

#include <gtest/gtest.h>

#include <string>

#include "password/imported_hash.h"

namespace gatehouse::password {

namespace {

using namespace std::string_literals;

// Issue 10.24: whatever libxcrypt and OpenSSL can verify.
TEST(imported_hash, every_kind_that_the_header_names_is_verified) {
  const std::pair<const char*, const char*> cases[] = {
      {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},  // crypt_blowfish's own vector
      {"correct horse", "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"},
      {"correct horse", "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"},
      {"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},  // OpenSSL makes the same
      {"correct horse",
       "$6$rounds=1000$saltstring$"
       "YiR6NSM0LQXmu7vAhkMXfkdYk7qtFouVx1Mdr3HmzXspT8kONjlpU3CsV7ezCB62uXJoAdaagsH4ck7/"
       "tB9js."},
      {"correct horse", "$y$j75$abcdefgh$Jakf0CHhzdQOivqISxvBXCIRIaxY0Fs1wJGsJSurry/"},
      {"correct horse", "$gy$j75$abcdefgh$E.8/7w02Y2Ed.Uc2CpVIdgpGTbWIWVYm/SoufLuoKA2"},
      {"correct horse", "$1$abcdefgh$y6iHhJNbuC0xpbk0w9pm80"},     // openssl passwd -1
      {"correct horse", "$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX/"},  // openssl passwd -apr1
      {"x", "$apr1$ab$eIePjsejfBGR8ITtu2z0U1"},
      {"correct horse", "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"},
      {"correct horse", "$H$5abcdefghAwHMLXeh48xCQuy..94JO/"},
      {"correct horse", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="},
      {"correct horse", "{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA=="},
      {"correct horse", "{SSHA256}YflVcOMs6k7tbGkQbQNVn6/ehAnUAVltiLPKHBWGi2tzYWx0c2FsdA=="},
      {"correct horse",
       "{SSHA512}50rsRNBf8j3I5xE+QwaHdFyMhOzITssZ8BB3UxwQ+SI1JKygYm6ZeRYTDuUyFZIIqDonoTuXwB0Z/MAPhgQCFHNhbHRzYWx0"},
      {"correct horse", "pbkdf2_sha256$1000$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0="},
  };
  for (const auto& [password, stored] : cases) {
    const result<bool> right = imported_hash_matches(secret(password), stored);
    ASSERT_TRUE(right.ok()) << stored << ": " << right.failure().what;
    EXPECT_TRUE(*right) << stored;
    EXPECT_FALSE(*imported_hash_matches(secret("wrong horse"), stored)) << stored;
    EXPECT_FALSE(*imported_hash_matches(secret(""), stored)) << stored;
    EXPECT_FALSE(*imported_hash_matches(secret(password + "\0"s), stored)) << stored;
    EXPECT_FALSE(*imported_hash_matches(secret(password + "\0more"s), stored)) << stored;
  }
}

TEST(imported_hash, a_password_too_long_for_libxcrypt_does_not_match) {
  const std::string stored = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe";  // of 72 letters a
  EXPECT_TRUE(*imported_hash_matches(secret(std::string(72, 'a')), stored));
  EXPECT_TRUE(*imported_hash_matches(secret(std::string(511, 'a')), stored));  // all that bcrypt ever looked at
  EXPECT_FALSE(*imported_hash_matches(secret(std::string(512, 'a')), stored));
  EXPECT_FALSE(*imported_hash_matches(secret(std::string(1024, 'a')), stored));
}

TEST(imported_hash, other_kinds_and_absurd_costs_are_internal_errors_at_once) {
  const std::string bcrypt_rest = "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const std::string sha_rest = "$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
  const std::string yescrypt_rest = "$abcdefgh$Jakf0CHhzdQOivqISxvBXCIRIaxY0Fs1wJGsJSurry/";
  for (const std::string& bad : {""s,
                                 "*"s,
                                 "!"s,
                                 "plain text"s,
                                 "d41d8cd98f00b204e9800998ecf8427e"s,
                                 "{MD5}1B2M2Y8AsgTpgAmY7PhCfg=="s,
                                 "{CRYPT}$1$abcdefgh$y6iHhJNbuC0xpbk0w9pm80"s,
                                 "{SHA}"s,
                                 "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A"s,
                                 "{SHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA=="s,
                                 "{SSHA}L55TUjtiq8FBorTWAZ0jy6g129A="s,
                                 "{SSHA512}"s + std::string(400, 'A'),
                                 "$apr1$"s,
                                 "$apr1$abcdefgh"s,
                                 "$apr1$abcdefghi$sIQmFnT1CuEXAsyjuXjUX/"s,
                                 "$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX"s,
                                 "$P$"s,
                                 "$P$SabcdefghAwHMLXeh48xCQuy..94JO/"s,  // 2^30 rounds
                                 "$P$4abcdefghAwHMLXeh48xCQuy..94JO/"s,
                                 "$P$5abcdefghAwHMLXeh48xCQuy..94JO"s,
                                 "pbkdf2_sha256$"s,
                                 "pbkdf2_sha256$1000000000$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0="s,
                                 "pbkdf2_sha256$99999999999$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0="s,
                                 "pbkdf2_sha256$-1$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0="s,
                                 "pbkdf2_sha256$0$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0="s,
                                 "pbkdf2_sha256$1000$saltsalt"s,
                                 "pbkdf2_sha256$1000$saltsalt$qQDPSZa3"s,
                                 "pbkdf2_sha1$1000$saltsalt$qQDPSZa3Ormyy9oK1Pu0ZLLwP2Svzmx3yu8OvDdq/J0="s,
                                 "abJnggxhB/yWI"s,
                                 "$2a$"s,
                                 "$2a$05"s,
                                 "$2a$05$short"s,
                                 "$2a$03" + bcrypt_rest,
                                 "$2a$15" + bcrypt_rest,
                                 "$2a$1:" + bcrypt_rest,
                                 "$2a$31" + bcrypt_rest,
                                 "$2a$5" + bcrypt_rest,
                                 "$2x$05" + bcrypt_rest,
                                 "$5$rounds=999" + sha_rest,
                                 "$5$rounds=" + sha_rest,
                                 "$5$rounds=0x9999" + sha_rest,
                                 "$5$rounds=1000000" + sha_rest,
                                 "$6$rounds=999999999" + sha_rest,
                                 "$6$rounds=1000"s,
                                 "$y$"s,
                                 "$y$j"s,
                                 "$y$j7"s,
                                 "$y$j75"s,
                                 "$y$jT$"s,
                                 "$y$j:T" + yescrypt_rest,
                                 "$y$j65" + yescrypt_rest,
                                 "$y$jGT" + yescrypt_rest,
                                 "$y$j9U" + yescrypt_rest,
                                 "$y$j9T/.." + yescrypt_rest,
                                 "$y$.9T" + yescrypt_rest,
                                 "$7$CU..../....2Q9obwLhin8qvQl6sisAO/$x"s,
                                 std::string(100000, 'a')}) {
    const result<bool> outcome = imported_hash_matches(secret("correct horse"), bad);
    ASSERT_FALSE(outcome.ok()) << bad;
    EXPECT_EQ(outcome.failure().kind, fault::internal);
    EXPECT_EQ(outcome.failure().what.find("saltsalt"), std::string::npos);
    EXPECT_EQ(outcome.failure().what.find("saltstring"), std::string::npos);
  }
}

TEST(imported_hash, a_damaged_hash_matches_nothing) {
  const std::string sha = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
  for (std::size_t length = 0; length < sha.size(); ++length) {
    const result<bool> outcome = imported_hash_matches(secret("Hello world!"), sha.substr(0, length));
    EXPECT_FALSE(outcome.ok() && *outcome) << length;
  }
  for (const std::string& damaged : {sha + "\n", sha + "\0"s, sha + "$", sha + "5"}) {
    const result<bool> outcome = imported_hash_matches(secret("Hello world!"), damaged);
    EXPECT_FALSE(outcome.ok() && *outcome) << damaged;
  }
}

}  // namespace

}  // namespace gatehouse::password

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "base/base64url.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/uuid.h"

namespace gatehouse {
namespace {

TEST(random, fills_all_of_the_span) {
  std::array<int, 32> seen{};
  for (int round = 0; round < 64; ++round) {
    std::array<std::byte, 32> bytes{};
    random_bytes(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) seen[i] += bytes[i] != std::byte{0};
  }
  for (const int count : seen) EXPECT_GT(count, 48);  // each byte is zero once in 256 rounds
  random_bytes({});
}

TEST(random, requirement_28_base64url_of_as_many_bytes) {
  std::set<std::string> drawn;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = random_base64url(32);
    const auto bytes = base64url_decode(text);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), 32u);
    drawn.insert(text);
  }
  EXPECT_EQ(drawn.size(), 1000u);
  EXPECT_EQ(random_base64url(0), "");
}

TEST(uuid, new_ones_are_version_4_and_differ) {
  std::set<std::string> drawn;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_uuid();
    EXPECT_TRUE(is_uuid(id)) << id;
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    drawn.insert(id);
  }
  EXPECT_EQ(drawn.size(), 1000u);
}

TEST(uuid, only_the_canonical_spelling) {
  EXPECT_TRUE(is_uuid("00000000-0000-0000-0000-000000000000"));
  EXPECT_TRUE(is_uuid("919108f7-52d1-4320-9bac-f847db4148a8"));
  for (const char* text : {"", "919108F7-52D1-4320-9BAC-F847DB4148A8", "919108f752d143209bacf847db4148a8",
                           "{919108f7-52d1-4320-9bac-f847db4148a8}", "919108f7-52d1-4320-9bac-f847db4148a",
                           "919108f7-52d1-4320-9bac-f847db4148a88", "919108f7-52d1-4320-9bac-f847db4148ag",
                           "919108f7052d1-4320-9bac-f847db4148a8", "919108f7-52d1-4320-9bac-f847db4148a ",
                           "919108f-752d1-4320-9bac-f847db4148a8", "------------------------------------"}) {
    EXPECT_FALSE(is_uuid(text)) << text;
  }
}

std::string hexadecimal(const sha256_digest& digest) {
  std::string text;
  for (const unsigned byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

TEST(sha256, vectors_of_fips_180_4_from_one_hasher) {
  sha256_hasher hash;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(hexadecimal(hash("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hexadecimal(hash("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hexadecimal(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hexadecimal(hash(std::string(1000000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

}  // namespace
}  // namespace gatehouse

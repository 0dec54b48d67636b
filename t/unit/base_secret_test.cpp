#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "base/secret.h"

namespace gatehouse {

namespace {

// Whether a secret's own storage still holds `text`, once what `use` did is over and it is destroyed: the end of it,
// for emptying a string overwrites its first byte.
template <class Use>
bool left_behind(const std::string& text, Use use) {
  alignas(secret) std::array<unsigned char, sizeof(secret)> room{};
  unsigned char* volatile memory = room.data();  // the compiler may not know that the secret was there
  auto* kept = new (memory) secret(text);
  use(*kept);
  kept->~secret();
  const std::string end = text.substr(4);
  return memmem(memory, room.size(), end.data(), end.size()) != nullptr;
}

TEST(secret, a_short_one_leaves_nothing_where_it_was) {
  const std::string text = "hunter2hunter2";  // short enough for std::string's own buffer
  EXPECT_FALSE(left_behind(text, [](secret&) {}));
  EXPECT_FALSE(left_behind(text, [](secret& from) { const secret to(std::move(from)); }));
  EXPECT_FALSE(left_behind(text, [](secret& from) {
    secret to;
    to = std::move(from);
  }));
  EXPECT_FALSE(left_behind(text, [](secret& to) { to = secret("x"); }));
  EXPECT_FALSE(left_behind(text, [](secret& to) {
    const secret other("x");
    to = other;
  }));
}

TEST(secret, what_is_moved_or_copied_is_whole) {
  for (const std::string& text : {std::string("short"), std::string(100, 'x'), std::string("a\0b", 3), std::string()}) {
    secret first(text);
    secret copy(first);
    EXPECT_EQ(copy.reveal(), text);
    secret moved(std::move(first));
    EXPECT_EQ(moved.reveal(), text);
    secret assigned("other");
    assigned = moved;
    EXPECT_EQ(assigned.reveal(), text);
    assigned = std::move(moved);
    EXPECT_EQ(assigned.reveal(), text);
    EXPECT_TRUE(assigned.same_as(copy));
    EXPECT_FALSE(assigned.same_as(secret(text + "x")));
  }
}

}  // namespace

}  // namespace gatehouse

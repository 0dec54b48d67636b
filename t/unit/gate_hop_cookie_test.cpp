// The cookies of a hand-over between hosts, and the state that goes to the login host and back.
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "gate/hop_cookie.h"
#include "token_keys.h"

namespace gatehouse::gate {
namespace {

constexpr unix_seconds noon = 1'800'000'000;
constexpr std::string_view app = "https://app.example.com";
const std::string verifier(43, 'v');

token::key_set hop_keys() {
  return *token::key_set::parse("{\"keys\":[" + token::test::hs256_access + "," + token::test::hs256_refresh + "]}");
}

hop_state some_state(std::string address = "/page?q=1") {
  hop_state state;
  state.nonce = std::string(22, 'n');
  state.address = std::move(address);
  return state;
}

std::string pair_of(const std::string& set_cookie) { return set_cookie.substr(0, set_cookie.find(';')); }

std::optional<std::string> read(const hop_cookie& cookie, std::string_view header, const hop_state& state,
                                unix_seconds now = noon) {
  const std::vector<std::string_view> headers{header};
  return cookie.verifier(headers, state, now);
}

TEST(hop_state, comes_back_as_it_went) {
  hop_state state = some_state();
  EXPECT_EQ(parse_hop_state(state.text())->address, "/page?q=1");
  EXPECT_FALSE(parse_hop_state(state.text())->again);
  state.again = true;
  EXPECT_TRUE(parse_hop_state(state.text())->again);
}

TEST(hop_state, has_no_other_form) {
  const std::string nonce(22, 'n');
  for (const std::string& text :
       {std::string(), nonce, nonce + ".", nonce + "Lw", nonce + "!Lw", nonce + ".L",
        nonce + ".Lw==", std::string("n.Lw"), nonce + "x.Lw", std::string(22, '.') + ".Lw",
        nonce + "." + base64url_encode("//evil.example/"), nonce + "." + base64url_encode("https://evil.example/"),
        nonce + "." + base64url_encode("/\\evil.example"), nonce + "." + base64url_encode("/a\r\nSet-Cookie: x"),
        nonce + "." + base64url_encode(std::string("/\0", 2))}) {
    EXPECT_FALSE(parse_hop_state(text)) << text;
  }
}

TEST(hop_cookie, keeps_the_verifier_for_ten_minutes) {
  const token::key_set keys = hop_keys();
  const hop_cookie cookie(keys, "main", app, "gatehouse", true);
  const std::string header = cookie.begin(some_state(), verifier, noon);
  EXPECT_TRUE(header.starts_with("__Host-gatehouse-hop-nnnnnnnnnnnnnnnnnnnnnn=1800000600." + verifier + "."));
  EXPECT_TRUE(header.ends_with("; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=600"));
  EXPECT_EQ(read(cookie, pair_of(header), some_state()), verifier);
  EXPECT_EQ(read(cookie, pair_of(header), some_state(), noon + 599), verifier);
  EXPECT_EQ(read(cookie, pair_of(header), some_state(), noon + 600), std::nullopt);
}

TEST(hop_cookie, is_of_one_realm_one_origin_and_one_address) {
  const token::key_set keys = hop_keys();
  const hop_cookie cookie(keys, "main", app, "gatehouse", true);
  const std::string sent = pair_of(cookie.begin(some_state(), verifier, noon));
  EXPECT_EQ(read(hop_cookie(keys, "other", app, "gatehouse", true), sent, some_state()), std::nullopt);
  EXPECT_EQ(read(hop_cookie(keys, "main", "https://app.example.com:8443", "gatehouse", true), sent, some_state()),
            std::nullopt);
  EXPECT_EQ(read(cookie, sent, some_state("/other")), std::nullopt);
  hop_state again = some_state();
  again.again = true;
  EXPECT_EQ(read(cookie, sent, again), std::nullopt);
}

TEST(hop_cookie, is_not_to_be_forged) {
  const token::key_set keys = hop_keys();
  const hop_cookie cookie(keys, "main", app, "gatehouse", false);
  const std::string sent = pair_of(cookie.begin(some_state(), verifier, noon));
  for (std::size_t i = sent.find('=') + 1; i < sent.size(); ++i) {
    std::string other = sent;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(read(cookie, other, some_state()), std::nullopt) << i;
    EXPECT_EQ(read(cookie, sent.substr(0, i), some_state()), std::nullopt) << i;
  }
  EXPECT_EQ(read(cookie, sent + "; " + sent, some_state()), std::nullopt) << "which of two is anybody's guess";
}

TEST(hop_cookie, counts_what_was_done_in_a_minute) {
  const token::key_set keys = hop_keys();
  const hop_cookie cookie(keys, "main", app, "gatehouse", false);
  std::string sent;
  for (int done = 0; done < 3; ++done) {
    const std::vector<std::string_view> headers{sent};
    EXPECT_EQ(cookie.count(headers, noon + done), done);
    sent = pair_of(cookie.count_one_more(headers, noon + done));
  }
  const std::vector<std::string_view> headers{sent};
  EXPECT_EQ(cookie.count(headers, noon + 59), 3);
  EXPECT_EQ(cookie.count(headers, noon + 60), 0);
  const std::vector<std::string_view> forged{"gatehouse-hop=0.1800000000.AAAA"};
  EXPECT_EQ(cookie.count(forged, noon), 0);
}

TEST(hop_cookie, forgets_the_oldest_of_many) {
  const token::key_set keys = hop_keys();
  const hop_cookie cookie(keys, "main", app, "gatehouse", false);
  std::string sent;
  for (int i = 0; i < 21; ++i) sent += "gatehouse-hop-" + std::to_string(i) + "=" + std::to_string(noon + i) + ".v.s; ";
  const std::vector<std::string_view> headers{sent};
  const std::vector<std::string> forgotten = cookie.forget_oldest(headers);
  ASSERT_EQ(forgotten.size(), 2U);
  EXPECT_EQ(forgotten[0], "gatehouse-hop-0=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
  EXPECT_TRUE(forgotten[1].starts_with("gatehouse-hop-1=;"));
}

TEST(hop_cookie, is_hidden_by_its_beginning) {
  cookie_names names;
  for (const char* name : {"gatehouse", "gatehouse-hop"}) names.add(name);
  names.add_beginning("gatehouse-hop-");
  for (const char* ours : {"gatehouse-hop-xyz", "gatehouse-hop-", "gatehouse-hop", "gatehouse"}) {
    EXPECT_TRUE(names.contains(ours)) << ours;
  }
  for (const char* other : {"gatehouse-hops", "x-gatehouse-hop-1", "gatehouse-ho", "g", ""}) {
    EXPECT_FALSE(names.contains(other)) << other;
  }
}

TEST(hop_cookie, challenge_is_rfc_7636_appendix_b) {
  EXPECT_EQ(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

}  // namespace
}  // namespace gatehouse::gate

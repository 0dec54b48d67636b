#include "gate/known_tokens.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "base/random.h"
#include "base/text.h"
#include "gate/user_token.h"

namespace gatehouse::gate {

namespace {

constexpr std::size_t hash_key_bytes = 32;
constexpr std::int64_t seconds_until_next_try = 5;  // others pass meanwhile

known_tokens::judgement judged(gate::verdict of) {
  known_tokens::judgement said;
  said.verdict = of;
  return said;
}

bool may_come_from(const known_token& token, std::string_view address) {
  return token.networks.empty() ||
         std::ranges::any_of(token.networks, [address](const network& each) { return each.contains(address); });
}

// A name that his password would be good with, too. Not the empty one, as long as he has no username.
bool is_name_of(const known_token& token, std::string_view username) {
  if (username.empty()) return false;
  return equal_ignoring_case(username, token.account_email) || equal_ignoring_case(username, token.who->username()) ||
         username == token.who->user_id();
}

}  // namespace

known_tokens::known_tokens(const session::revocations* table, seconds grace)
    : table_(table), grace_(grace.count()), hash_key_(hash_key_bytes, '\0') {
  random_bytes(std::as_writable_bytes(std::span(hash_key_)));
}

sha256_digest known_tokens::key_of(const presented_token& shown) {
  if (shown.what() == presented_token::kind::token) return hasher_(shown.text());
  std::string pair(shown.username());
  pair.append(1, ':').append(shown.text());  // no username has a colon
  sha256_digest key{};
  unsigned size = 0;
  const bool hashed =
      HMAC(EVP_sha256(), hash_key_.data(), static_cast<int>(hash_key_.size()),
           reinterpret_cast<const unsigned char*>(pair.data()), pair.size(), key.data(), &size) != nullptr;
  OPENSSL_cleanse(pair.data(), pair.size());
  if (!hashed || size != key.size()) throw std::runtime_error("libcrypto has no HMAC");
  return key;
}

sha256_digest known_tokens::key_of_session(std::string_view session_id) {
  return hasher_(std::string("session ").append(session_id));  // no token begins like this
}

known_tokens::judgement known_tokens::judge(const presented_token& shown, std::string_view address,
                                            millis stale_limit) {
  if (const auto no = judge_table(stale_limit)) return *no;
  const sha256_digest key = key_of(shown);
  const std::int64_t now = session::steady_seconds();
  if (tokens_.find(key) != nullptr) {
    const known_token* known = find_fresh(key, now);
    return known != nullptr ? judge_entry(*known, shown, address) : judged(gate::verdict::pending);
  }
  const bool could_be_good = shown.what() == presented_token::kind::password || is_user_token(shown.text());
  if (!could_be_good) return judged(gate::verdict::unauthenticated);
  const std::int64_t* until = refused_.find(key);
  return judged(until != nullptr && now < *until ? gate::verdict::unauthenticated : gate::verdict::pending);
}

known_tokens::judgement known_tokens::judge_session(const sha256_digest& key, millis stale_limit) {
  if (const auto no = judge_table(stale_limit)) return *no;
  const std::int64_t now = session::steady_seconds();
  if (const known_token* known = find_fresh(key, now)) {
    judgement made = judged(gate::verdict::allowed);
    made.who = known->who;
    return made;
  }
  const std::int64_t* until = refused_.find(key);
  return judged(until != nullptr && now < *until ? gate::verdict::unauthenticated : gate::verdict::pending);
}

std::optional<known_tokens::judgement> known_tokens::judge_table(millis stale_limit) const {
  if (table_ == nullptr) return std::nullopt;
  const bool is_stale = stale_limit.count() > 0 && table_->age() > stale_limit;
  if (table_->synchronised() && !is_stale) return std::nullopt;
  return judged(gate::verdict::unavailable);
}

const known_token* known_tokens::find_fresh(const sha256_digest& key, std::int64_t now) {
  entry* known = tokens_.find(key);
  if (known == nullptr || !is_valid(*known->token.who)) return nullptr;
  if (now < known->look_at) return &known->token;
  if (now < known->looked_up + fresh_for.count() + grace_ && !known->token.by_password) {
    known->look_at = now + seconds_until_next_try;
  } else {
    tokens_.forget(key);
  }
  return nullptr;
}

void known_tokens::remember(const sha256_digest& key, known_token found) {
  const std::int64_t now = session::steady_seconds();
  tokens_.insert(key, {std::move(found), now, now + fresh_for.count()});
}

void known_tokens::refuse(const sha256_digest& key) {
  tokens_.forget(key);
  refused_.insert(key, session::steady_seconds() + refused_for);
}

known_tokens::judgement known_tokens::judge_without_store(const presented_token& shown, std::string_view address) {
  const entry* known = tokens_.find(key_of(shown));
  const bool may_pass = known != nullptr && !known->token.by_password && is_valid(*known->token.who) &&
                        session::steady_seconds() < known->looked_up + fresh_for.count() + grace_;
  return may_pass ? judge_entry(known->token, shown, address) : judged(gate::verdict::unavailable);
}

known_tokens::judgement known_tokens::judge_entry(const known_token& token, const presented_token& shown,
                                                  std::string_view address) const {
  const bool has_expired = token.expires_at != 0 && token.expires_at <= now_seconds();
  const bool is_others = shown.by_basic() && !token.by_password && !is_name_of(token, shown.username());
  if (has_expired || is_others || !may_come_from(token, address)) return judged(gate::verdict::unauthenticated);
  judgement result = judged(gate::verdict::allowed);
  result.who = token.who;
  return result;
}

bool known_tokens::is_valid(const identity& who) const {
  return table_ == nullptr || table_->judge(who.holder(), session::steady_seconds()) == session::standing::valid;
}

}  // namespace gatehouse::gate

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

known_tokens::judgement known_tokens::judge(const presented_token& shown, std::string_view address,
                                            millis stale_limit) {
  if (table_ != nullptr) {
    if (!table_->synchronised()) return judged(gate::verdict::unavailable);
    if (stale_limit.count() > 0 && table_->age() > stale_limit) return judged(gate::verdict::unavailable);
  }
  const sha256_digest key = key_of(shown);
  const std::int64_t now = session::steady_seconds();
  if (entry* known = tokens_.find(key)) {
    if (!is_valid(*known->token.who)) return judged(gate::verdict::pending);
    if (now < known->look_at) return judge_entry(*known, shown, address);
    if (now < known->looked_up + fresh_for.count() + grace_ && !known->by_password) {
      known->look_at = now + seconds_until_next_try;
    } else {
      tokens_.forget(key);
    }
    return judged(gate::verdict::pending);
  }
  const bool could_be_good = shown.what() == presented_token::kind::password || is_user_token(shown.text());
  if (!could_be_good) return judged(gate::verdict::unauthenticated);
  const std::int64_t* until = refused_.find(key);
  return judged(until != nullptr && now < *until ? gate::verdict::unauthenticated : gate::verdict::pending);
}

void known_tokens::remember(const sha256_digest& key, known_token found) {
  const bool by_password = found.who->token_name().empty();
  const std::int64_t now = session::steady_seconds();
  tokens_.insert(key, {std::move(found), now, now + fresh_for.count(), by_password});
}

void known_tokens::refuse(const sha256_digest& key) {
  tokens_.forget(key);
  refused_.insert(key, session::steady_seconds() + refused_for);
}

known_tokens::judgement known_tokens::judge_without_store(const presented_token& shown, std::string_view address) {
  const entry* known = tokens_.find(key_of(shown));
  const bool may_pass = known != nullptr && !known->by_password && is_valid(*known->token.who) &&
                        session::steady_seconds() < known->looked_up + fresh_for.count() + grace_;
  return may_pass ? judge_entry(*known, shown, address) : judged(gate::verdict::unavailable);
}

known_tokens::judgement known_tokens::judge_entry(const entry& known, const presented_token& shown,
                                                  std::string_view address) const {
  const known_token& token = known.token;
  const bool has_expired = token.expires_at != 0 && token.expires_at <= now_seconds();
  const bool is_others = shown.by_basic() && !known.by_password && !is_name_of(token, shown.username());
  if (has_expired || is_others || !may_come_from(token, address)) return judged(gate::verdict::unauthenticated);
  judgement result = judged(gate::verdict::allowed);
  result.who = token.who;
  return result;
}

bool known_tokens::is_valid(const identity& who) const {
  return table_ == nullptr || table_->judge(who.holder(), session::steady_seconds()) == session::standing::valid;
}

}  // namespace gatehouse::gate

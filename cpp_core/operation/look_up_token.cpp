#include "operation/look_up_token.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "base/hex.h"
#include "base/text.h"
#include "step/current_password.h"
#include "step/failed_proof.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/throttle.h"

namespace gatehouse::operation {

namespace {

constexpr unix_seconds never = 253402300799;  // the end of the year 9999

gate::verdict verdict_of(const outcome& refusal) {
  const auto* rejection = std::get_if<refused>(&refusal);
  if (rejection == nullptr) return gate::verdict::failed;
  if (rejection->why == operation::refusal::too_many_requests) return gate::verdict::limited;
  const bool passes = rejection->why == operation::refusal::unavailable || rejection->why == operation::refusal::busy;
  return passes ? gate::verdict::unavailable : gate::verdict::failed;
}

std::string hex_of(const sha256_digest& digest) {
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// What the guard needs of a user. `id`: of his token, or nothing; `more`: claims of a session.
token::access_claims claims_of(const account::user& user, const std::string& id, unix_seconds ends_at,
                               const nlohmann::json& more = nlohmann::json::object()) {
  nlohmann::json all = {{"sub", user.id},
                        {"sid", id},
                        {"name", user.name},
                        {"email", user.email},
                        {"roles", user.roles},
                        {"email_verified", user.email_verified()},
                        {"session_expires", ends_at}};
  if (user.username) all["preferred_username"] = *user.username;
  all.update(more);
  std::string text = all.dump();
  const json_limits limits{.bytes = text.size(), .members = text.size(), .string_length = text.size()};
  std::optional<token::claim_set> read = token::claim_set::read(std::move(text), limits);
  if (!read) throw std::logic_error("what has been written as JSON is none");
  return {std::move(*read), user.auth_version, now_seconds(), ends_at};
}

gate::known_token known(const context& ctx, const account::user& user, token::access_claims claims,
                        std::optional<gate::user_token_traits> by) {
  const realm::settings& realm = ctx.realm.settings();
  gate::known_token known_user;
  known_user.who = gate::identity_ref(new gate::identity(
      realm.name, std::move(claims), realm.remote_user, realm.verify_email == realm::verify_email::off, std::move(by)));
  known_user.account_email = user.email;
  return known_user;
}

gate::known_token known_by_token(const context& ctx, account::user_with_token found) {
  constexpr unix_millis millis_a_second = 1000;
  const unix_seconds ends_at = found.token.expires_at ? *found.token.expires_at / millis_a_second : 0;
  gate::user_token_traits traits{std::move(found.token.name), std::move(found.token.scopes)};
  token::access_claims claims = claims_of(found.owner, found.token.id, ends_at == 0 ? never : ends_at);
  gate::known_token known_user = known(ctx, found.owner, std::move(claims), std::move(traits));
  known_user.expires_at = ends_at;
  for (const std::string& each : found.token.networks) {
    const std::optional<gate::network> read = gate::network::parse(each);
    if (!read) throw std::runtime_error("\"" + each + "\" in user_tokens.networks is no network");
    known_user.networks.push_back(*read);
  }
  return known_user;
}

// A token that is known and only looked up again is no guess, so it is not counted, and Redis is not asked.
task<gate::verdict> look_up(context ctx, sha256_digest key) {
  const bool is_guess = !ctx.realm.known_tokens().knows(key);
  attempt tried;
  if (is_guess) tried = co_await admit_user_token(ctx);
  if (tried.refused) co_return verdict_of(*tried.refused);

  const account::source from = source_of(ctx, "");
  std::string sha256 = hex_of(key);
  auto found = co_await ctx.realm.user_tokens().use(std::move(sha256), from);
  if (!found) {
    if (is_guess) co_await give_back(ctx, std::move(tried));
    co_return verdict_of(ctx.fail("looking a user's token up", found.failure()));
  }
  if (!found->has_value()) {
    ctx.realm.known_tokens().refuse(key);
    co_return gate::verdict::unauthenticated;
  }
  ctx.realm.known_tokens().remember(key, known_by_token(ctx, std::move(**found)));
  if (is_guess) co_await give_back(ctx, std::move(tried));
  co_return gate::verdict::allowed;
}

task<std::string> refuse_password(context ctx, std::string user_id, std::string reason) {
  const nlohmann::json detail = {{"reason", reason}, {"by", "basic"}};
  co_await record_failed_proof(std::move(ctx), std::move(user_id), detail);
  co_return reason;
}

// Empty: it is right. Else why not.
task<result<std::string>> check_password(context ctx, std::optional<account::known_user> found, secret password) {
  const bool has_password = found && found->password;
  const std::string hash = has_password ? *found->password : ctx.realm.passwords().decoy();
  const result<password::verdict> checked = co_await ctx.realm.passwords().verify(std::move(password), hash);
  if (!checked) co_return checked.failure();
  if (!found) co_return co_await refuse_password(ctx, "", "unknown user");
  const account::user& user = found->profile;
  if (!has_password) co_return co_await refuse_password(ctx, user.id, "no password");
  if (!checked->unusable.empty()) report_unusable_hash(ctx, user.id, checked->unusable);
  if (!checked->matches) co_return co_await refuse_password(ctx, user.id, reason_of(*checked));
  if (user.disabled()) co_return co_await refuse_password(ctx, user.id, "disabled");
  if (requires_verified_email(ctx) && !user.email_verified()) {
    co_return co_await refuse_password(ctx, user.id, "e-mail not verified");
  }
  const realm::mfa policy = ctx.realm.settings().mfa;
  if (policy == realm::mfa::off) co_return std::string();
  const auto standing = co_await ctx.realm.factors().standing_of(user.id);
  if (!standing) co_return standing.failure();
  const bool has_more = standing->has_value() && (*standing)->has_any();
  if (has_more) co_return co_await refuse_password(ctx, user.id, "has a second factor");
  if (policy == realm::mfa::required) co_return co_await refuse_password(ctx, user.id, "second factor needed");
  co_return std::string();
}

// By the limits of a login, and the same hash queue.
task<gate::verdict> try_password(context ctx, token_to_look_up shown) {
  attempt tried = co_await admit_login(ctx, shown.username);
  if (tried.refused) co_return verdict_of(*tried.refused);
  auto found = co_await ctx.realm.accounts().find_by_login(shown.username);
  if (!found) {
    co_await give_back(ctx, std::move(tried));
    co_return verdict_of(ctx.fail("looking a user up", found.failure()));
  }
  account::user user;
  if (*found) user = (*found)->profile;
  tried = co_await count_login_of(ctx, std::move(tried), shown.username, user.id);
  if (tried.refused) co_return verdict_of(*tried.refused);

  const result<std::string> refusal = co_await check_password(ctx, std::move(*found), std::move(shown.password));
  if (!refusal) {
    co_await give_back(ctx, std::move(tried));
    co_return verdict_of(ctx.fail("checking a password", refusal.failure()));
  }
  if (!refusal->empty()) {
    ctx.realm.known_tokens().refuse(shown.key);
    co_return gate::verdict::unauthenticated;
  }
  const unix_seconds ends_at = now_seconds() + gate::known_tokens::fresh_for.count();
  gate::known_token made = known(ctx, user, claims_of(user, "", ends_at), std::nullopt);
  made.by_password = true;
  ctx.realm.known_tokens().remember(shown.key, std::move(made));
  co_await give_back(ctx, std::move(tried));
  co_await remember_place(ctx, std::move(user));
  co_return gate::verdict::allowed;
}

}  // namespace

task<gate::verdict> look_up_token(context ctx, token_to_look_up shown) {
  if (shown.is_password) co_return co_await try_password(std::move(ctx), std::move(shown));
  co_return co_await look_up(std::move(ctx), shown.key);
}

task<gate::verdict> look_up_signer(context ctx, sha256_digest key, std::string session_id) {
  const std::optional<seconds> no_access_token;
  const auto found = co_await ctx.realm.sessions().read(session_id, no_access_token);
  if (!found) co_return verdict_of(ctx.fail("reading a session", found.failure()));
  if (!found->has_value()) {
    ctx.realm.known_tokens().refuse(key);
    co_return gate::verdict::unauthenticated;
  }
  const result<account::user> user = account::user_from_json((*found)->user_json);
  if (!user) co_return verdict_of(ctx.fail("reading the user in a session", user.failure()));
  const nlohmann::json shown = {{"auth_time", (*found)->auth_time}, {"amr", split_words((*found)->amr)}};
  ctx.realm.known_tokens().remember(key, known(ctx, *user, claims_of(*user, session_id, never, shown), std::nullopt));
  co_return gate::verdict::allowed;
}

}  // namespace gatehouse::operation

#include "step/pending_login.h"

#include "base/hex.h"
#include "base/random.h"
#include "base/sha256.h"

namespace gatehouse::operation {

namespace {

constexpr std::size_t token_bytes = 32;
constexpr std::string_view purpose = "login";

std::string hash_of(const secret& token) {
  const sha256_digest digest = sha256_hasher()(token.reveal());
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string text_of(const pending_login& login) {
  nlohmann::json members = {{"for", purpose},
                            {"user", login.user_id},
                            {"av", login.auth_version},
                            {"client", login.client},
                            {"persistent", login.persistent},
                            {"postpone", login.may_postpone},
                            {"factors", login.factor_version}};
  if (login.offer) members["offer"] = to_json(*login.offer);
  return members.dump();
}

std::optional<pending_login> login_in(const context& ctx, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const nlohmann::json members = nlohmann::json::parse(*text);
  if (members.value("for", "") != purpose || members.value("client", "") != ctx.asked_by.name) return std::nullopt;
  pending_login login;
  login.user_id = members.at("user").get<std::string>();
  login.auth_version = members.at("av").get<std::int64_t>();
  login.client = members.at("client").get<std::string>();
  login.persistent = members.at("persistent").get<bool>();
  login.may_postpone = members.at("postpone").get<bool>();
  login.factor_version = members.at("factors").get<std::int64_t>();
  if (members.contains("offer")) login.offer = offered_in(members["offer"]);
  return login;
}

}  // namespace

std::string subject_of(const secret& token) { return hash_of(token); }

task<result<secret>> begin_pending(context ctx, pending_login login) {
  secret token(random_base64url(token_bytes));
  std::string hash = hash_of(token);
  std::string text = text_of(login);
  const status begun = co_await ctx.realm.pending().begin(std::move(hash), std::move(text));
  if (!begun) co_return begun.failure();
  co_return token;
}

task<result<std::optional<pending_login>>> look_at_pending(context ctx, secret token) {
  std::string hash = hash_of(token);
  const auto found = co_await ctx.realm.pending().look(std::move(hash));
  if (!found) co_return found.failure();
  co_return login_in(ctx, *found);
}

task<result<std::optional<pending_login>>> try_pending(context ctx, secret token) {
  std::string hash = hash_of(token);
  const auto found = co_await ctx.realm.pending().attempt(std::move(hash));
  if (!found) co_return found.failure();
  co_return login_in(ctx, *found);
}

task<result<bool>> take_pending(context ctx, secret token) {
  std::string hash = hash_of(token);
  const result<bool> taken = co_await ctx.realm.pending().take(std::move(hash));
  co_return taken;
}

}  // namespace gatehouse::operation

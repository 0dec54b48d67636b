#include "step/totp_offer.h"

#include "base/base64url.h"
#include "base/uuid.h"
#include "factor/totp.h"

namespace gatehouse::operation {

namespace {

result<secret> secret_of(const context& ctx, const offered_totp& offered, const std::string& user_id) {
  const realm::settings& realm = ctx.realm.settings();
  return factor::open(*realm.keys, offered.kept, factor::sealed_for(realm.name, user_id, offered.id));
}

}  // namespace

offered_totp offer_totp(const context& ctx, const std::string& user_id) {
  const realm::settings& realm = ctx.realm.settings();
  offered_totp offered;
  offered.id = new_uuid();
  offered.kept = factor::seal(*realm.keys->sealing_key(), factor::new_totp_secret(),
                              factor::sealed_for(realm.name, user_id, offered.id));
  return offered;
}

result<totp_offer> totp_shown(const context& ctx, const offered_totp& offered, const std::string& user_id,
                              const std::string& account) {
  const result<secret> key = secret_of(ctx, offered, user_id);
  if (!key) return key.failure();
  totp_offer shown;
  shown.id = offered.id;
  shown.key = factor::totp_key_text(*key);
  shown.uri = factor::otpauth_uri(ctx.realm.settings().site.name, account, *key);
  return shown;
}

result<std::optional<std::int64_t>> confirm_totp(const context& ctx, const offered_totp& offered,
                                                 const std::string& user_id, const secret& code) {
  const result<secret> key = secret_of(ctx, offered, user_id);
  if (!key) return key.failure();
  return factor::totp_match(*key, code.reveal(), now_seconds());
}

nlohmann::json to_json(const offered_totp& offered) {
  return {{"id", offered.id}, {"key", offered.kept.key_id}, {"sealed", base64url_encode(offered.kept.bytes)}};
}

std::optional<offered_totp> offered_in(const nlohmann::json& stored) {
  if (!stored.is_object() || !stored.contains("sealed")) return std::nullopt;
  offered_totp offered;
  offered.id = stored.value("id", "");
  offered.kept.key_id = stored.value("key", "");
  offered.kept.bytes = base64url_decode(stored.value("sealed", "")).value_or("");
  return offered;
}

}  // namespace gatehouse::operation

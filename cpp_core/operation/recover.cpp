#include "operation/recover.h"

#include <array>

#include "base/random.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/link_use.h"
#include "step/revoke.h"
#include "step/throttle.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

// Checks the password by the policy and sets it. nullopt: it is set; else the refusal.
task<std::optional<outcome>> set_password(context ctx, secret token, secret password) {
  result<std::string> hash = co_await ctx.realm.passwords().hash(std::move(password));
  if (!hash) co_return ctx.fail("hashing a password", hash.failure());
  const account::source from = source_of(ctx, "");
  std::optional<account::mail_order> told = notice(ctx, account::letter::password_changed);
  auto used = co_await ctx.realm.links().reset_password(std::move(token), std::move(*hash), std::move(told), from);
  if (!used) co_return ctx.fail("resetting a password", used.failure());
  if (const auto* why = std::get_if<account::dead_link>(&*used)) co_return co_await refuse_link(ctx, *why);

  const auto& used_link = std::get<account::link_used>(*used);
  account::revocation all;
  all.outbox_id = used_link.outbox_id;
  all.user_id = used_link.profile.id;
  all.least_auth_version = used_link.profile.auth_version;
  all.what = account::revocation::effect::kill;
  co_await revoke_or_leave(ctx, std::move(all));
  co_await remember_place(ctx, used_link.profile);
  co_return std::nullopt;
}

// 100 random bits, without characters that look alike, because a person types it.
secret make_password() {
  constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(alphabet.size() == 32);
  constexpr std::size_t group = 5;
  std::array<std::byte, 20> chosen{};
  random_bytes(chosen);
  std::string text;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (i > 0 && i % group == 0) text += '-';
    text += alphabet[std::to_integer<std::size_t>(chosen[i]) % alphabet.size()];
  }
  secret password(text);
  OPENSSL_cleanse(text.data(), text.size());
  return password;
}

}  // namespace

task<outcome> forgot_password(context ctx, input in) {
  if (!ctx.realm.settings().smtp) co_return refuse(refusal::mail_off);
  validation checks;
  const std::optional<account::email> address = checks.check_email(*in.email);
  if (!address && ctx.asked_by.takes_any_address) co_return mail_sent();
  if (!address) co_return refuse_fields(std::move(checks).errors());

  co_return co_await request_link(ctx, *address, mail_wish::reset, "reset_requested");
}

task<outcome> reset_password(context ctx, input in) {
  link_holder owner = co_await find_link_holder(ctx, *in.link_token, true);
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);

  const auto& user = std::get<account::user>(owner);
  validation checks;
  checks.check_password(ctx.realm.settings(), in, user.name, user.email, user.username.value_or(""));
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());

  std::optional<outcome> rejection = co_await set_password(ctx, *in.link_token, *in.password);
  if (rejection) co_return std::move(*rejection);
  co_return password_reset();
}

task<outcome> make_temporary_password(context ctx, input in) {
  link_holder owner = co_await find_link_holder(ctx, *in.link_token, true);  // before a hash is spent on it
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);

  temporary_password fresh;
  fresh.password = make_password();
  std::optional<outcome> rejection = co_await set_password(ctx, *in.link_token, fresh.password);
  if (rejection) co_return std::move(*rejection);
  co_return fresh;
}

}  // namespace gatehouse::operation

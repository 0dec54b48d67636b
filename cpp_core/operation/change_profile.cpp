#include "base/text.h"
#include "operation/profile.h"
#include "operation/sessions.h"
#include "step/current_password.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/revoke.h"
#include "step/throttle.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

// The user after a step, or what ends the operation.
using step = std::variant<account::user, outcome>;

// What is wrong with the wish itself, before anything is asked of a store.
std::optional<account::email> check_wish(validation& checks, const input& in) {
  if (in.name) checks.check_name(*in.name);
  if (in.metadata) checks.check_metadata(*in.metadata);
  std::optional<account::email> address;
  if (in.email) address = checks.check_email(*in.email);
  return address;
}

// A form sends the e-mail with every change of another field: the one that the user has is no change.
bool is_new(const std::optional<account::email>& address, const account::user& user) {
  return address && address->as_typed() != user.email;
}

// The user whose account it is, once the current password has been shown where the change needs it.
task<step> find_owner(context ctx, input in, std::optional<account::email> address) {
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value() || (*found)->profile.disabled()) co_return refuse(refusal::bad_bearer);
  account::user user = std::move((*found)->profile);
  if (!is_new(address, user) && !in.password) co_return user;

  validation checks;
  if (!in.current_password && !ctx.asked_by.recent_login_proves) {
    checks.fail(&input::current_password, "is required to change the e-mail or the password");
  }
  if (in.password) {
    const std::string name = in.name.value_or(user.name);
    const std::string email = in.email.value_or(user.email);
    checks.check_password(ctx.realm.settings(), in, name, email, user.username.value_or(""));
  }
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());
  if (ctx.asked_by.recent_login_proves) co_return user;
  std::optional<outcome> rejection = co_await check_current_password(ctx, in, std::move((*found)->password));
  if (rejection) co_return std::move(*rejection);
  co_return user;
}

// `expected`: the auth_version that the current password was shown for, where it was.
task<step> store_profile(context ctx, account::user user, account::profile_changes changes,
                         std::optional<std::int64_t> expected, account::source from, account::email_letters letters) {
  auto changed =
      co_await ctx.realm.accounts().change_profile(user.id, std::move(changes), expected, from, std::move(letters));
  if (!changed) co_return ctx.fail("changing a profile", changed.failure());
  if (std::holds_alternative<account::taken>(*changed)) co_return refuse(refusal::email_taken);
  if (std::holds_alternative<account::absent>(*changed)) co_return refuse(refusal::bad_bearer);
  auto& stored = std::get<account::profile_changed>(*changed);
  if (stored.outbox_id) {
    account::revocation all;
    all.outbox_id = *stored.outbox_id;
    all.user_id = stored.profile.id;
    all.least_auth_version = stored.profile.auth_version;
    all.what = account::revocation::effect::expire;
    co_await revoke_or_leave(ctx, std::move(all));
  }
  co_return std::move(stored.profile);
}

// Ends the user's other sessions.
task<step> store_password(context ctx, account::user user, std::string hash, account::source from) {
  std::optional<account::mail_order> told = notice(ctx, account::letter::password_changed);
  auto changed = co_await ctx.realm.accounts().change_password(user.id, std::move(hash), from.session_id,
                                                               user.auth_version, from, std::move(told));
  if (!changed) co_return ctx.fail("changing a password", changed.failure());
  // Somebody else has changed it meanwhile: what was shown to us is no longer the current one.
  if (std::holds_alternative<account::absent>(*changed)) co_return refuse(refusal::bad_bearer);
  auto& stored = std::get<account::password_changed>(*changed);

  account::revocation others;
  others.outbox_id = stored.outbox_id;
  others.user_id = stored.profile.id;
  others.least_auth_version = stored.profile.auth_version;
  others.what = account::revocation::effect::kill;
  others.keep_session = from.session_id;
  co_await revoke_or_leave(ctx, std::move(others));
  co_return std::move(stored.profile);
}

// What becomes of a new e-mail: it is changed to, or it is pending until its link is used.
struct settled_email {
  std::optional<account::email> at_once;
  account::email_letters letters;
  std::optional<outcome> refused;
  attempt counted;
};

task<settled_email> settle_email(context ctx, account::user user, std::optional<account::email> wanted) {
  settled_email settled;
  settled.at_once = wanted;
  const bool is_another = wanted && !equal_ignoring_case(wanted->as_typed(), user.email);
  if (!is_another) co_return settled;
  // First of all: neither mails to strangers nor the question who has an account go on for ever.
  settled.counted = co_await admit_new_email(ctx, user.id, wanted->as_typed());
  if (settled.counted.refused) settled.refused = std::move(settled.counted.refused);
  if (settled.refused) co_return settled;
  settled.letters.to_old = notice(ctx, account::letter::email_changed);
  if (!verifies_email(ctx)) co_return settled;
  if (ctx.asked_by.email_at_once) {
    settled.letters.to_new = link_letter(ctx, account::letter::verify);
    co_return settled;
  }
  const auto other = co_await ctx.realm.accounts().find_by_login(wanted->as_typed());
  if (!other) settled.refused = ctx.fail("looking a user up", other.failure());
  if (other && other->has_value()) settled.refused = refuse(refusal::email_taken);
  if (settled.refused) co_return settled;
  settled.at_once.reset();
  settled.letters.to_new = link_letter(ctx, account::letter::confirm_email);
  settled.letters.pending = std::move(wanted);
  co_return settled;
}

}  // namespace

task<outcome> change_profile(context ctx, input in) {
  const bool is_own_login = in.bearer->claim("client_id") == ctx.asked_by.name && logged_in_recently(*in.bearer);
  if (ctx.asked_by.recent_login_proves && !is_own_login) {
    co_return refuse(refusal::recent_login_needed);
  }
  if (!in.name && !in.email && !in.password && !in.metadata) {
    if (ctx.asked_by.may_change_nothing) co_return co_await show_profile(std::move(ctx), std::move(in));
    co_return refuse_message("Nothing to change: name, email or password is needed");
  }
  validation checks;
  account::profile_changes changes;
  changes.email = check_wish(checks, in);
  changes.name = in.name;
  changes.first_name = in.given_name;
  changes.metadata = in.metadata;
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());

  const account::source from = source_of(ctx, in.bearer->session_id());
  step now = co_await find_owner(ctx, in, changes.email);
  if (auto* user = std::get_if<account::user>(&now); user != nullptr && !is_new(changes.email, *user)) {
    changes.email.reset();
    in.email.reset();
  }
  std::string hash;
  if (std::holds_alternative<account::user>(now) && in.password) {  // first: a full queue then changes nothing
    result<std::string> new_hash = co_await ctx.realm.passwords().hash(*in.password);
    if (!new_hash) co_return ctx.fail("hashing a password", new_hash.failure());
    hash = std::move(*new_hash);
  }
  settled_email email;
  if (auto* user = std::get_if<account::user>(&now)) {
    email = co_await settle_email(ctx, *user, std::move(changes.email));
    if (email.refused) now = std::move(*email.refused);
  }
  changes.email = std::move(email.at_once);
  std::optional<std::string> pending;
  if (email.letters.pending) pending = email.letters.pending->as_typed();
  // A new password voids an e-mail that waits to be confirmed, but not the one that is asked for with it.
  if (auto* user = std::get_if<account::user>(&now); user != nullptr && in.password && pending) {
    now = co_await store_password(ctx, *user, hash, from);
  }
  if (auto* user = std::get_if<account::user>(&now); user != nullptr && (in.name || in.email || in.metadata)) {
    std::optional<std::int64_t> expected;
    if (in.email || in.password) expected = user->auth_version;
    account::email_letters letters = std::move(email.letters);
    now = co_await store_profile(ctx, *user, std::move(changes), expected, from, std::move(letters));
  }
  if (auto* user = std::get_if<account::user>(&now); user != nullptr && in.password && !pending) {
    now = co_await store_password(ctx, *user, std::move(hash), from);
  }
  if (auto* rejection = std::get_if<outcome>(&now)) {
    if (is_our_failure(*rejection)) co_await give_back(ctx, std::move(email.counted));
    co_return std::move(*rejection);
  }

  // The sessions remember their user: a refresh works without PostgreSQL and should show today's name.
  profile shown;
  shown.session_id = in.bearer->session_id();
  shown.user = std::move(std::get<account::user>(now));
  shown.pending_email = std::move(pending);
  const result<done> told =
      co_await ctx.realm.sessions().replace_user(shown.user.id, shown.user.auth_version, account::to_json(shown.user));
  if (!told) ctx.warn("updating the sessions of a user", told.failure());
  co_return shown;
}

}  // namespace gatehouse::operation

#include "operation/manage_users.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "base/uuid.h"
#include "operation/profile.h"
#include "operation/sessions.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/revoke.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

constexpr std::size_t usual_rows = 50;
constexpr std::size_t most_rows = 200;
constexpr std::size_t usual_page = 10;
constexpr std::size_t most_sessions = 1000;

bool is_admin(const input& in) { return in.bearer->has_role("admin"); }

// Of the account that `id` names, which may be typed in capitals (RFC 4122, section 3). nullopt: he may touch it.
std::optional<refusal> why_not(input& in) {
  in.id = ascii_lower(*in.id);
  if (!is_admin(in) && *in.id != in.bearer->user_id()) return refusal::forbidden;
  if (!is_uuid(*in.id)) return refusal::not_found;
  return std::nullopt;
}

// nullopt: it is no number, or an absurd one.
std::optional<std::size_t> number(const std::optional<std::string>& typed, std::size_t otherwise) {
  if (!typed) return otherwise;
  constexpr std::size_t most = 1'000'000'000;
  std::size_t read = 0;
  const char* end = typed->data() + typed->size();
  const auto parsed = std::from_chars(typed->data(), end, read);
  if (parsed.ec != std::errc() || parsed.ptr != end || read > most) return std::nullopt;
  return read;
}

// Whether the input changes something that only an administrator may change.
bool is_beyond_user(const account::user& user, const input& in) {
  return (in.is_admin && *in.is_admin != user.has_role("admin")) ||
         (in.is_active && *in.is_active == user.disabled()) ||
         (in.is_verified && *in.is_verified != user.email_verified());
}

outcome show(const input& in, account::user user) {
  profile shown;
  shown.user = std::move(user);
  shown.session_id = in.bearer->session_id();
  return shown;
}

task<done> record(context ctx, std::string event, std::string user_id, std::string session_id) {
  const account::source from = source_of(ctx, std::move(session_id));
  const status recorded =
      co_await ctx.realm.accounts().record_event(std::move(event), std::move(user_id), nlohmann::json::object(), from);
  if (!recorded) ctx.warn("recording what an administrator did", recorded.failure());
  co_return done{};
}

// What is wrong with the wish itself. The password is held against the names that the user will have.
std::optional<account::email> check_wish(validation& checks, const context& ctx, const input& in,
                                         const account::user& user) {
  std::optional<account::email> address;
  if (in.name) checks.check_name(*in.name);
  if (in.metadata) checks.check_metadata(*in.metadata);
  if (in.email) address = checks.check_email(*in.email);
  if (in.password) {
    const std::string& name = in.name ? *in.name : user.name;
    const std::string& email = in.email ? *in.email : user.email;
    checks.check_password(ctx.realm.settings(), in, name, email, user.username.value_or(""));
  }
  return address;
}

account::user_directory::letters letters_about(const context& ctx, const account::user_directory::change& wanted) {
  account::user_directory::letters letters;
  if (wanted.email) letters.to_old = notice(ctx, account::letter::email_changed);
  if (wanted.email && verifies_email(ctx)) letters.to_new = link_letter(ctx, account::letter::verify);
  if (wanted.password) letters.password_changed = notice(ctx, account::letter::password_changed);
  return letters;
}

// `address`, `hash`: of the e-mail and the password in `in`.
task<outcome> store_change(context ctx, input in, std::optional<account::email> address,
                           std::optional<std::string> hash) {
  const bool own = *in.id == in.bearer->user_id();
  account::user_directory::change wanted;
  wanted.name = in.name;
  wanted.first_name = in.given_name;
  wanted.is_admin = in.is_admin;
  wanted.is_active = in.is_active;
  wanted.is_verified = in.is_verified;
  wanted.email = std::move(address);
  wanted.metadata = in.metadata;
  wanted.password = std::move(hash);
  if (own && wanted.password && in.is_active != false) wanted.keep_session = in.bearer->session_id();
  const std::optional<std::string> kept = wanted.keep_session;
  const account::source from = source_of(ctx, in.bearer->session_id());
  account::user_directory::letters letters = letters_about(ctx, wanted);
  auto changed = co_await ctx.realm.user_directory().change_user(*in.id, std::move(wanted), from, std::move(letters));
  if (!changed) co_return ctx.fail("changing a user", changed.failure());
  if (std::holds_alternative<account::taken>(*changed)) co_return refuse(refusal::email_taken);
  if (std::holds_alternative<account::absent>(*changed)) co_return refuse(refusal::not_found);
  if (std::holds_alternative<account::last_administrator>(*changed)) co_return refuse_last_administrator();
  auto& stored = std::get<account::user_directory::changed>(*changed);

  if (stored.outbox_id) {
    account::revocation all;
    all.outbox_id = *stored.outbox_id;
    all.user_id = stored.profile.id;
    all.least_auth_version = stored.profile.auth_version;
    all.what = stored.ends_sessions ? account::revocation::effect::kill : account::revocation::effect::expire;
    all.keep_session = kept;
    co_await revoke_or_leave(ctx, std::move(all));
  }
  const result<done> told = co_await ctx.realm.sessions().replace_user(stored.profile.id, stored.profile.auth_version,
                                                                       account::to_json(stored.profile));
  if (!told) ctx.warn("updating the sessions of a user", told.failure());
  co_return show(in, std::move(stored.profile));
}

}  // namespace

task<outcome> list_users(context ctx, input in) {
  if (!is_admin(in)) co_return refuse(refusal::forbidden);
  validation checks;
  const std::optional<std::size_t> skip = number(in.skip, 0);
  const std::optional<std::size_t> take = number(in.take, usual_rows);
  if (!skip) checks.fail(&input::skip, "must be a number");
  if (!take) checks.fail(&input::take, "must be a number");
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());

  auto found = co_await ctx.realm.user_directory().list_users(*skip, std::min(*take, most_rows), "");
  if (!found) co_return ctx.fail("listing users", found.failure());
  user_list page;
  page.users = std::move(*found);
  page.session_id = in.bearer->session_id();
  co_return page;
}

task<outcome> list_page_of_users(context ctx, input in) {
  if (!is_admin(in)) co_return refuse(refusal::forbidden);
  validation checks;
  const std::optional<std::size_t> length = number(in.take, usual_page);
  const std::optional<std::size_t> page = number(in.page, 1);
  if (length.value_or(0) == 0) checks.fail(&input::take, length ? "must be >= 1" : "must be integer");
  if (page.value_or(0) == 0) checks.fail(&input::page, page ? "must be >= 1" : "must be integer");
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());

  const std::string part = in.part.value_or("");
  const auto total = co_await ctx.realm.user_directory().count_users(part);
  if (!total) co_return ctx.fail("counting users", total.failure());
  user_list shown;
  shown.total = *total;
  shown.page = *page;
  shown.length = std::min(*length, most_rows);
  shown.session_id = in.bearer->session_id();
  const std::size_t skip = (shown.page - 1) * shown.length;
  if (skip >= shown.total) co_return shown;
  auto found = co_await ctx.realm.user_directory().list_users(skip, shown.length, part);
  if (!found) co_return ctx.fail("listing users", found.failure());
  shown.users = std::move(*found);
  co_return shown;
}

task<outcome> show_user(context ctx, input in) {
  if (const auto why = why_not(in)) co_return refuse(*why);
  auto found = co_await ctx.realm.accounts().find(*in.id);
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::not_found);
  co_return show(in, std::move((*found)->profile));
}

task<outcome> change_user(context ctx, input in) {
  if (const auto why = why_not(in)) co_return refuse(*why);
  if (!is_admin(in) && (in.email || in.password || in.metadata)) co_return refuse(refusal::forbidden);

  auto found = co_await ctx.realm.accounts().find(*in.id);
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::not_found);
  const account::user user = std::move((*found)->profile);
  const bool changes_owner = in.password || (in.email && *in.email != user.email);
  if (changes_owner && !logged_in_recently(*in.bearer)) co_return refuse(refusal::recent_login_needed);
  validation checks;
  std::optional<account::email> address = check_wish(checks, ctx, in, user);
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());
  if (!is_admin(in) && is_beyond_user(user, in)) co_return refuse(refusal::forbidden);
  if (!is_admin(in)) {  // nothing is left of them but what might have changed meanwhile
    in.is_admin.reset();
    in.is_active.reset();
    in.is_verified.reset();
  }
  std::optional<std::string> hash;
  if (in.password) {
    result<std::string> hashed = co_await ctx.realm.passwords().hash(*in.password);
    if (!hashed) co_return ctx.fail("hashing a password", hashed.failure());
    hash = std::move(*hashed);
  }
  co_return co_await store_change(ctx, std::move(in), std::move(address), std::move(hash));
}

task<outcome> remove_user(context ctx, input in) {
  if (const auto why = why_not(in)) co_return refuse(*why);
  outcome result = co_await remove_account_of(ctx, *in.id, in.bearer->session_id());
  if (auto* removed = std::get_if<account_removed>(&result)) {
    removed->own = *in.id == in.bearer->user_id();
  }
  co_return result;
}

task<outcome> list_every_session(context ctx, input in) {
  if (!is_admin(in)) co_return refuse(refusal::forbidden);
  session_list all;
  all.current = in.bearer->session_id();
  std::set<std::string> seen;  // Redis may show one twice
  std::string cursor = "0";
  do {
    auto page = co_await ctx.realm.sessions().scan(std::move(cursor));
    if (!page) co_return ctx.fail("listing sessions", page.failure());
    for (session::listed& each : page->sessions) {
      if (all.sessions.size() < most_sessions && seen.insert(each.sid).second) all.sessions.push_back(std::move(each));
    }
    cursor = std::move(page->next);
  } while (cursor != "0" && all.sessions.size() < most_sessions);
  co_return all;
}

task<outcome> end_any_session(context ctx, input in) {
  if (!is_admin(in)) co_return refuse(refusal::forbidden);
  const auto found = co_await ctx.realm.sessions().read(*in.id);
  if (!found) co_return ctx.fail("reading a session", found.failure());
  if (!found->has_value()) co_return refuse(refusal::not_found);
  const result<bool> ended = co_await ctx.realm.sessions().end(*in.id, (*found)->user_id);
  if (!ended) co_return ctx.fail("ending a session", ended.failure());
  co_await record(ctx, "session_ended", (*found)->user_id, *in.id);
  co_return sessions_ended();
}

task<outcome> end_every_session(context ctx, input in) {
  if (!is_admin(in)) co_return refuse(refusal::forbidden);
  std::string cursor = "0";
  do {
    auto page = co_await ctx.realm.sessions().scan(std::move(cursor));
    if (!page) co_return ctx.fail("listing sessions", page.failure());
    for (const session::listed& each : page->sessions) {
      const result<bool> ended = co_await ctx.realm.sessions().end(each.sid, each.user_id);
      if (!ended) co_return ctx.fail("ending a session", ended.failure());
    }
    cursor = std::move(page->next);
  } while (cursor != "0");
  co_await record(ctx, "all_sessions_ended", in.bearer->user_id(), in.bearer->session_id());
  co_return sessions_ended();
}

}  // namespace gatehouse::operation

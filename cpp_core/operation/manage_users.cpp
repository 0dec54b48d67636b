#include "operation/manage_users.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "base/uuid.h"
#include "operation/profile.h"
#include "step/issue.h"
#include "step/revoke.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

constexpr std::size_t usual_rows = 50;
constexpr std::size_t most_rows = 200;
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

bool has_admin_role(const account::user& user) {
  return std::find(user.roles.begin(), user.roles.end(), "admin") != user.roles.end();
}

// What only an administrator may change, and would be changed.
bool is_beyond_user(const account::user& user, const input& in) {
  return (in.is_admin && *in.is_admin != has_admin_role(user)) || (in.is_active && *in.is_active == user.disabled()) ||
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

task<outcome> store_change(context ctx, input in, account::user before) {
  account::administration::change wanted;
  wanted.name = in.name;
  wanted.first_name = in.given_name;
  wanted.is_admin = in.is_admin;
  wanted.is_active = in.is_active;
  wanted.is_verified = in.is_verified;
  const account::source from = source_of(ctx, in.bearer->session_id());
  auto changed = co_await ctx.realm.administration().change_user(before.id, std::move(wanted), from);
  if (!changed) co_return ctx.fail("changing a user", changed.failure());
  if (std::holds_alternative<account::absent>(*changed)) co_return refuse(refusal::not_found);
  if (std::holds_alternative<account::last_administrator>(*changed)) co_return refuse_last_administrator();
  auto& made = std::get<account::administration::changed>(*changed);

  if (made.outbox_id) {
    account::revocation all;
    all.outbox_id = *made.outbox_id;
    all.user_id = made.profile.id;
    all.least_auth_version = made.profile.auth_version;
    all.what = made.ends_sessions ? account::revocation::effect::kill : account::revocation::effect::expire;
    co_await revoke_or_leave(ctx, std::move(all));
  }
  const result<done> told = co_await ctx.realm.sessions().replace_user(made.profile.id, made.profile.auth_version,
                                                                       account::to_json(made.profile));
  if (!told) ctx.warn("updating the sessions of a user", told.failure());
  co_return show(in, std::move(made.profile));
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

  auto found = co_await ctx.realm.administration().list_users(*skip, std::min(*take, most_rows));
  if (!found) co_return ctx.fail("listing users", found.failure());
  user_list page;
  page.users = std::move(*found);
  page.session_id = in.bearer->session_id();
  co_return page;
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
  validation checks;
  if (in.name) checks.check_name(*in.name);
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());

  auto found = co_await ctx.realm.accounts().find(*in.id);
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::not_found);
  account::user user = std::move((*found)->profile);
  if (!is_admin(in) && is_beyond_user(user, in)) co_return refuse(refusal::forbidden);
  if (!is_admin(in)) {  // nothing is left of them but what might have changed meanwhile
    in.is_admin.reset();
    in.is_active.reset();
    in.is_verified.reset();
  }
  co_return co_await store_change(ctx, std::move(in), std::move(user));
}

task<outcome> remove_user(context ctx, input in) {
  if (const auto why = why_not(in)) co_return refuse(*why);
  outcome made = co_await remove_account_of(ctx, *in.id, in.bearer->session_id());
  if (auto* removed = std::get_if<account_removed>(&made)) {
    removed->own = *in.id == in.bearer->user_id();
  }
  co_return made;
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

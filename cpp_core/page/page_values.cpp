#include "page/page_values.h"

#include <algorithm>
#include <array>

#include "gate/return_address.h"
#include "view/color.h"
#include "view/device.h"
#include "view/qr_code.h"
#include "wire/refusal_texts.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::json;

std::string with_number(std::string text, std::string_view number) {
  if (const std::size_t at = text.find('#'); at != std::string::npos) text.replace(at, 1, number);
  return text;
}

// "must have at least 8 characters" is in the table as "must have at least # characters"; a text of its own for one
// field has the field's name before it: "email is required".
std::string field_sentence(const view::folder& pages, std::string_view language, std::string_view member,
                           const std::string& reason) {
  constexpr std::string_view digits = "0123456789";
  std::string key = reason;
  std::string number;
  if (const std::size_t begin = reason.find_first_of(digits); begin != std::string::npos) {
    const std::size_t end = std::min(reason.find_first_not_of(digits, begin), reason.size());
    number = reason.substr(begin, end - begin);
    key.replace(begin, end - begin, "#");
  }
  std::string text = pages.text("reasons", std::string(member) + " " + key, language);
  if (text.empty()) text = pages.text("reasons", key, language);
  return text.empty() ? reason : with_number(std::move(text), number);
}

std::string_view member_of(const route& matched, const operation::field_id& target) {
  const auto found = std::ranges::find(matched.fields, target, &field::target);
  return found == matched.fields.end() ? std::string_view() : found->member;
}

json error_values(const exchange& about, std::string_view language, const operation::refused& rejection) {
  json form = json::object();
  bool first = true;
  for (const operation::field_error& each : rejection.fields) {
    const std::string_view member = member_of(about.matched, each.field);
    if (member.empty()) continue;
    json& entry = form[std::string(member)];
    if (entry.contains("error")) continue;
    entry["error"] = field_sentence(*about.realm.pages, language, member, each.reason);
    entry["focus"] = std::exchange(first, false);
  }
  return form;
}

// Which page is shown with which notice.
using notice_row = std::pair<std::string_view, std::string_view>;
constexpr std::array<notice_row, 14> notices{{
    {"login", "password_reset"},
    {"login", "verification_sent"},
    {"account", "profile_saved"},
    {"account", "email_confirmation_sent"},
    {"account", "password_changed"},
    {"account", "session_ended"},
    {"account", "sessions_ended"},
    {"account", "token_ended"},
    {"account", "token_renamed"},
    {"account", "passkey_added"},
    {"account", "factor_added"},
    {"account", "factor_removed"},
    {"account", "factor_renamed"},
    {"logged-out", "account_deleted"},
}};

// A refusal that blames no field is about the encoding of the form, in English; the user, who cannot mend that, is told
// that the form cannot be used.
std::string sentence_for_form(const realm::settings& realm, std::string_view language,
                              const operation::refused& rejection) {
  const bool is_unusable = rejection.why == operation::refusal::invalid_input && !rejection.message.empty();
  if (is_unusable) return realm.pages->text("refusals", "unusable_form", language);
  std::string said = sentence(realm, language, rejection.why);
  const std::string url = realm.login_url();
  if (rejection.why == operation::refusal::second_factor_needed && !url.empty()) {
    said.append(" ").append(realm.pages->text("refusals", "log_in_at", language)).append(" ").append(url);
  }
  return said;
}

// The page has the time in UTC, and a script shows it in the reader's language and time zone.
std::string minutes_of(unix_seconds time) {
  std::string text = iso8601(time * 1000);
  text.resize(text.rfind(':'));
  text.replace(text.find('T'), 1, " ");
  return text + " UTC";
}

std::string device_words(const view::folder& pages, std::string_view language, std::string_view user_agent) {
  const view::device known = view::device_of(user_agent);
  if (known.browser.empty() && known.system.empty()) return pages.text("device", "unknown", language);
  if (known.browser.empty() || known.system.empty()) return known.browser + known.system;
  return known.browser + " " + pages.text("device", "on", language) + " " + known.system;
}

json session_values(const view::folder& pages, std::string_view language, const session::listed& each,
                    bool is_current) {
  return {{"id", each.sid},
          {"device", device_words(pages, language, each.user_agent)},
          {"address", each.address},
          {"created", minutes_of(each.created_at)},
          {"created_iso", iso8601(each.created_at * 1000)},
          {"last_seen", minutes_of(each.last_seen)},
          {"last_seen_iso", iso8601(each.last_seen * 1000)},
          {"current", is_current}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

json token_values(const account::user_token& each) {
  json values = {{"id", each.id},
                 {"name", each.name},
                 {"scopes", joined(each.scopes)},
                 {"networks", joined(each.networks)},
                 {"created", minutes_of(each.created_at / 1000)},
                 {"created_iso", iso8601(each.created_at)}};
  if (each.expires_at) {
    values["expires"] = minutes_of(*each.expires_at / 1000);
    values["expires_iso"] = iso8601(*each.expires_at);
  }
  if (each.last_used_on) {
    values["last_used"] = *each.last_used_on;
    values["last_address"] = each.last_used_address;
    values["last_agent"] = each.last_used_agent;
  }
  return values;
}

json factor_values(const view::folder& pages, std::string_view language, const account::second_factor& each) {
  json values = {{"id", each.id},
                 {"name", each.name},
                 {"kind", pages.text("factors", account::name_of(each.kind), language)},
                 {"backed_up", each.backed_up},
                 {"created", minutes_of(each.created_at / 1000)},
                 {"created_iso", iso8601(each.created_at)}};
  if (each.last_used_at) {
    values["last_used"] = minutes_of(*each.last_used_at / 1000);
    values["last_used_iso"] = iso8601(*each.last_used_at);
    values["last_device"] = device_words(pages, language, each.last_used_agent);
    values["last_address"] = each.last_used_address;
  }
  return values;
}

// In groups of four, for who types it.
std::string in_groups(std::string_view key) {
  constexpr std::size_t group = 4;
  std::string text;
  for (std::size_t at = 0; at < key.size(); at += group) {
    text.append(text.empty() ? "" : " ").append(key.substr(at, group));
  }
  return text;
}

json offer_values(const operation::totp_offer& offer) {
  const view::qr_code code = view::make_qr_code(offer.uri.reveal());
  return {{"id", offer.id},
          {"key", in_groups(offer.key.reveal())},
          {"uri", offer.uri.reveal()},
          {"side", code.side},
          {"path", code.path}};
}

}  // namespace

std::string_view language_of(const realm::settings& realm, const request& asked) {
  return realm.pages->language_for(asked.header("Accept-Language"));
}

json common_values(const realm::settings& realm, const request& asked, std::string_view mount,
                   std::string_view language) {
  const std::string at(mount);
  return {{"lang", language},
          {"mount", mount},
          {"plain_http", !asked.secure},
          {"framed", asked.framed},
          {"at", {{"register", at + "register"}, {"forgot", at + "forgot"}, {"reset", at + "reset"}}},
          {"site",
           {{"name", realm.site.name},
            {"logo", realm.site.logo},
            {"color", realm.site.color},
            {"on_color", view::text_color_on(realm.site.color)}}},
          {"can",
           {{"login", true},
            {"register", realm.registration != realm::registration::closed},
            {"reset", realm.smtp.has_value()},
            {"remember", realm.remember == realm::remember::ask},
            {"remember_browser", realm.mfa_remember.has_value()},
            {"totp", realm.offers_totp()},
            {"usernames", realm.has_usernames},
            {"passkeys", realm.offers_passkeys()},
            {"verify", realm.smtp && realm.verify_email != realm::verify_email::off}}},
          {"policy", {{"min_length", realm.password.min_length}}}};
}

void add_form(json& values, const exchange& about, std::string_view language, const operation::refused* trouble) {
  const std::string_view wanted = about.typed_as("return");
  values["return"] = wanted;
  if (!wanted.empty()) values["return_query"] = "?return=" + gate::percent_encode(wanted);

  if (trouble != nullptr) {
    values["retry_in"] = duration_words(*about.realm.pages, language, retry_after(*trouble));
    values["has_error"] = true;
    values["form"] = error_values(about, language, *trouble);
    const bool is_taken = trouble->why == operation::refusal::email_taken;
    if (is_taken) {
      values["form"]["email"] = {{"error", sentence(about.realm, language, trouble->why)}, {"focus", true}};
    } else if (trouble->fields.empty()) {
      values["error"] = sentence_for_form(about.realm, language, *trouble);
    }
  }
  for (const auto& [member, value] : about.typed) values["form"][std::string(member)]["value"] = value;
}

void add_account(json& values, const exchange& about, std::string_view language,
                 const operation::account_overview& all) {
  values["user"] = {{"id", all.user.id},
                    {"name", all.user.name},
                    {"email", all.user.email},
                    {"email_verified", all.user.email_verified()},
                    {"created", minutes_of(all.user.created_at / 1000)}};
  if (all.pending_email) values["user"]["pending_email"] = *all.pending_email;
  values["sessions"] = json::array();
  for (const session::listed& each : all.sessions.sessions) {
    values["sessions"].push_back(session_values(*about.realm.pages, language, each, each.sid == all.sessions.current));
  }
  values["tokens"] = json::array();
  for (const account::user_token& each : all.tokens) values["tokens"].push_back(token_values(each));
  if (all.new_token) values["new_token"] = all.new_token->reveal();
  values["factors"] = json::array();
  for (const account::second_factor& each : all.factors.factors) {
    values["factors"].push_back(factor_values(*about.realm.pages, language, each));
  }
  values["has_factors"] = !all.factors.factors.empty();
  values["recovery_codes"] = std::to_string(all.factors.recovery_codes);
  values["shows_factors"] = about.realm.offers_totp() || !all.factors.factors.empty();
  if (all.offer) values["offer"] = offer_values(*all.offer);
  // Users can end the tokens that they have even where the realm takes none any more.
  values["shows_tokens"] = about.realm.takes_tokens || !all.tokens.empty();
  values["proof_needed"] = all.proof_needed;
}

void add_challenge(json& values, const exchange& about, std::string_view language, const operation::challenge& asked) {
  values["challenge"] = {{"email", asked.email},
                         {"totp", asked.standing.totp > 0},
                         {"recovery", asked.standing.recovery_codes > 0},
                         {"code", asked.offer || asked.standing.totp > 0 || asked.standing.recovery_codes > 0},
                         {"postpone", asked.may_postpone}};
  if (asked.offer) values["offer"] = offer_values(*asked.offer);
  if (asked.passkey) values["passkey_request"] = asked.passkey->dump();
  if (about.realm.mfa_remember) {
    values["remember_time"] = duration_words(*about.realm.pages, language, *about.realm.mfa_remember);
  }
}

json recovery_code_values(const std::vector<secret>& codes) {
  json list = json::array();
  for (const secret& code : codes) list.push_back({{"code", code.reveal()}});
  return list;
}

std::string duration_words(const view::folder& pages, std::string_view language, seconds time) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units{
      {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 24 * 3600}}};
  if (time.count() <= 0) return {};
  const auto rounded_up = [&](std::size_t unit) {
    const std::int64_t length = units[unit].second;
    return (time.count() + length - 1) / length;
  };
  std::size_t unit = 0;
  while (unit + 1 < units.size() && rounded_up(unit) * units[unit].second >= units[unit + 1].second) ++unit;
  const std::string key = std::string(units[unit].first) + (rounded_up(unit) == 1 ? "" : "s");
  return with_number(pages.text("durations", key, language), std::to_string(rounded_up(unit)));
}

std::string notice_of(const exchange& about, std::string_view language) {
  constexpr std::string_view parameter = "done=";
  std::string_view query = about.asked.query;
  if (!query.starts_with(parameter)) return {};
  query.remove_prefix(parameter.size());
  const std::string_view path = about.matched.path;
  const auto led = std::ranges::find(notices, std::pair(path.substr(path.rfind('/') + 1), query));
  return led == notices.end() ? std::string() : about.realm.pages->text("notices", query, language);
}

std::string sentence(const realm::settings& realm, std::string_view language, operation::refusal why) {
  const refusal_row& row = row_of(why);
  std::string text = realm.pages->text("refusals", row.name, language);
  return text.empty() ? std::string(row.message) : text;
}

}  // namespace gatehouse::dialect

#include "bff/bff_tokens.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "body/form_body.h"
#include "gate/cookie.h"
#include "gate/set_cookie.h"
#include "step/issue.h"

namespace gatehouse::dialect {

namespace {

constexpr std::string_view access_name = bff_cookies[0];
constexpr std::string_view refresh_name = bff_cookies[1];
constexpr std::string_view session_name = bff_cookies[2];  // opens nothing
constexpr std::string_view access_rest_name = bff_cookies[3];
constexpr std::string_view scheme = "Bearer ";

struct found_value {
  std::optional<std::string> text;
  bool twice = false;
};

found_value find_header(const request& asked, std::string_view name) {
  const std::vector<std::string_view> values = asked.all_headers(name);
  found_value found;
  found.twice = values.size() > 1;
  if (values.size() == 1) found.text = std::string(values.front());
  return found;
}

// A cookie's value is percent-encoded here, because "Bearer TOKEN" has a space.
found_value find_in_cookies(const request& asked, std::string_view name) {
  std::string joined;
  const gate::found_cookie cookie = gate::find_split_cookie(asked.all_headers("Cookie"), name, joined);
  found_value found;
  found.twice = std::holds_alternative<gate::ambiguous_cookie>(cookie);
  if (const auto* value = std::get_if<std::string_view>(&cookie)) found.text = percent_decode(*value).value_or("");
  return found;
}

found_value find_value(const request& asked, std::string_view name) {
  const bool in_header = platform_of(asked) == platform::app;
  found_value found = in_header ? find_header(asked, name) : find_in_cookies(asked, name);
  if (found.text && found.text->empty()) found.text.reset();  // a cookie that was cleared
  return found;
}

std::optional<secret> token_in(const std::optional<std::string>& value) {
  if (!value || !equal_ignoring_case(value->substr(0, scheme.size()), scheme)) return std::nullopt;
  return secret(std::string_view(*value).substr(scheme.size()));
}

// With `browser-dev` cookies work over plain HTTP and scripts can read them.
gate::cookie cookie_of(const exchange& about, std::string_view name) {
  const bool for_development = platform_of(about.asked) == platform::browser_dev;
  return {.name = std::string(name),
          .http_only = name != session_name && !for_development,
          .secure = about.realm.cookie_secure && !for_development};
}

void set_cookie(const exchange& about, std::string_view name, std::string value, std::optional<seconds> lifetime,
                response& answer) {
  gate::cookie said = cookie_of(about, name);
  said.value = std::move(value);
  said.lifetime = lifetime;
  answer.add_header("Set-Cookie", gate::set_cookie(said));
}

void clear_cookie(const exchange& about, std::string_view name, response& answer) {
  answer.add_header("Set-Cookie", gate::clear_cookie(cookie_of(about, name)));
}

void clear_rest(const exchange& about, response& answer) {
  const auto shown = gate::find_cookie(about.asked.all_headers("Cookie"), access_rest_name);
  if (!std::holds_alternative<gate::no_cookie>(shown)) clear_cookie(about, access_rest_name, answer);
}

}  // namespace

std::optional<platform> platform_of(const request& asked) {
  constexpr std::array<std::pair<std::string_view, platform>, 3> platforms{
      {{"app", platform::app}, {"browser", platform::browser}, {"browser-dev", platform::browser_dev}}};
  const std::vector<std::string_view> said = asked.all_headers("client-platform");
  if (said.size() != 1) return std::nullopt;
  for (const auto& [name, value] : platforms) {
    if (name == said.front()) return value;
  }
  return std::nullopt;
}

presented find_bff_tokens(const request& asked, const realm::settings&) {
  const found_value access = find_value(asked, access_name);
  const found_value refresh = find_value(asked, refresh_name);
  presented shown;
  shown.conflicting = access.twice || refresh.twice;
  shown.access = token_in(access.text);
  shown.refresh = token_in(refresh.text);
  shown.malformed = access.text && !shown.access;
  return shown;
}

shown_refresh refresh_token_shown(const request& asked) {
  const found_value refresh = find_value(asked, refresh_name);
  if (!refresh.text) return shown_refresh::none;
  return token_in(refresh.text) ? shown_refresh::token : shown_refresh::malformed;
}

void set_bff_tokens(const exchange& about, const operation::issued_tokens& tokens, response& answer) {
  const std::string access(tokens.access.reveal());
  const std::string refresh(tokens.refresh.reveal());
  const std::optional<platform> to = platform_of(about.asked);
  if (to == platform::app) {
    answer.add_header(std::string(access_name), std::string(scheme) + access);
    answer.add_header(std::string(refresh_name), std::string(scheme) + refresh);
    answer.add_header(std::string(session_name), tokens.session_id);
    return;
  }
  constexpr seconds a_day{24 * 3600};
  const std::optional<seconds> shorter = operation::cookie_lifetime(tokens, tokens.access_expires_at);
  std::optional<seconds> longest = operation::cookie_lifetime(tokens, tokens.refresh_expires_at);
  if (to == platform::browser_dev && longest) longest = std::min(*longest, a_day);
  const auto [begin, rest] = gate::split_value(access_name, "Bearer%20" + access);
  set_cookie(about, access_name, begin, shorter, answer);
  if (!rest.empty()) {
    set_cookie(about, access_rest_name, rest, shorter, answer);
  } else {
    clear_rest(about, answer);
  }
  set_cookie(about, refresh_name, "Bearer%20" + refresh, longest, answer);
  set_cookie(about, session_name, tokens.session_id, longest, answer);
}

void clear_bff_tokens(const exchange& about, response& answer) {
  if (platform_of(about.asked) == platform::app) return;
  clear_cookie(about, access_name, answer);
  clear_rest(about, answer);
  clear_cookie(about, refresh_name, answer);
  clear_cookie(about, session_name, answer);
}

}  // namespace gatehouse::dialect

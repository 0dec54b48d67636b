#include "realm/directives.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/duration.h"
#include "base/file.h"
#include "base/text.h"
#include "gate/host_list.h"
#include "gate/origin.h"
#include "gate/return_address.h"
#include "gate/set_cookie.h"
#include "view/color.h"

namespace gatehouse::realm {

namespace {

std::string absolute(std::string_view path, const std::string& prefix) {
  return path.starts_with('/') ? std::string(path) : prefix + std::string(path);
}

error wrong(std::string what) { return {fault::invalid, std::move(what)}; }

status set_postgres(settings& realm, arguments args, const std::string& prefix) {
  const std::vector<std::string> words(args.begin() + 1, args.end());
  result<postgres::options> parsed = postgres::parse_options(std::string(args[0]), words, prefix);
  if (!parsed) return parsed.failure();
  realm.postgres = std::move(*parsed);
  return done{};
}

status set_redis(settings& realm, arguments args, const std::string& prefix) {
  result<redis::options> parsed = redis::parse_options(args, prefix);
  if (!parsed) return parsed.failure();
  realm.redis = std::move(*parsed);
  return done{};
}

status set_keys(settings& realm, arguments args, const std::string& prefix) {
  constexpr std::size_t most_bytes = 256 * 1024;
  const std::string file = absolute(args[0], prefix);
  result<std::string> text = read_file(file, most_bytes);
  if (!text) return text.failure();
  result<token::key_set> parsed = token::key_set::parse(*text);
  OPENSSL_cleanse(text->data(), text->size());
  if (!parsed) return wrong("\"" + file + "\": " + parsed.failure().what);
  realm.keys = std::move(*parsed);
  return done{};
}

status set_public_url(settings& realm, arguments args, const std::string&) {
  if (!gate::is_origin(args[0])) {
    return wrong("\"" + std::string(args[0]) +
                 "\" is not an origin; write https://HOST or https://HOST:PORT, without a path");
  }
  realm.public_url = args[0];
  return done{};
}

status set_issuer(settings& realm, arguments args, const std::string&) {
  realm.issuer = args[0];
  return done{};
}

status set_audience(settings& realm, arguments args, const std::string&) {
  realm.audience = args[0];
  return done{};
}

status set_registration(settings& realm, arguments args, const std::string&) {
  constexpr std::string_view domain_prefix = "domain=";
  if (args.size() == 1 && args[0] == "closed") {
    realm.registration = registration::closed;
    return done{};
  }
  if (args.size() == 1 && args[0] == "open") {
    realm.registration = registration::open;
    return done{};
  }
  for (const std::string_view word : args) {
    if (!word.starts_with(domain_prefix) || word.size() == domain_prefix.size()) {
      return wrong("\"" + std::string(word) + "\" is not a kind of registration; write closed, open or domain=NAME");
    }
    realm.registration_domains.push_back(ascii_lower(word.substr(domain_prefix.size())));
  }
  realm.registration = registration::domain;
  return done{};
}

// A directive with one of a few words as its value.
template <class Value, class Choice, std::size_t N>
status set_choice(Value& into, std::string_view word,
                  const std::array<std::pair<std::string_view, Choice>, N>& choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (name == word) {
      into = value;
      return done{};
    }
    names.append(names.empty() ? "" : " or ").append(name);
  }
  return wrong("\"" + std::string(word) + "\" is unknown here; write " + names);
}

status set_remote_user(settings& realm, arguments args, const std::string&) {
  constexpr std::array<std::pair<std::string_view, gate::remote_user>, 3> choices{
      {{"id", gate::remote_user::id}, {"username", gate::remote_user::username}, {"email", gate::remote_user::email}}};
  return set_choice(realm.remote_user, args[0], choices);
}

status set_verify_email(settings& realm, arguments args, const std::string&) {
  constexpr std::array<std::pair<std::string_view, verify_email>, 3> choices{
      {{"off", verify_email::off}, {"on", verify_email::on}, {"required", verify_email::required}}};
  return set_choice(realm.verify_email, args[0], choices);
}

status set_password(settings& realm, arguments args, const std::string& prefix) {
  result<password::settings> parsed = password::parse_settings(args);
  if (!parsed) return parsed.failure();
  realm.password = std::move(*parsed);
  if (!realm.password.blocklist_file.empty()) {
    realm.password.blocklist_file = absolute(realm.password.blocklist_file, prefix);
  }
  return done{};
}

template <auto Member>
status set_limits(settings& realm, arguments args, const std::string&) {
  return limit::parse_allowance(args, realm.limits.*Member);
}

result<seconds> positive_duration(std::string_view text) {
  const result<seconds> parsed = parse_duration(text);
  if (parsed && parsed->count() == 0) return wrong("the time must be longer than 0");
  return parsed;
}

template <auto Member>
status set_duration(settings& realm, arguments args, const std::string&) {
  const result<seconds> parsed = positive_duration(args[0]);
  if (!parsed) return parsed.failure();
  realm.*Member = *parsed;
  return done{};
}

status set_refresh_grace(settings& realm, arguments args, const std::string&) {
  const result<seconds> parsed = parse_duration(args[0]);
  if (!parsed) return parsed.failure();
  if (*parsed > seconds(300))
    return wrong("a grace of more than 5 minutes would let a stolen refresh token be used unseen; write 10s");
  realm.refresh_grace = *parsed;
  return done{};
}

status set_token_grace(settings& realm, arguments args, const std::string&) {
  const result<seconds> parsed = parse_duration(args[0]);
  if (!parsed) return parsed.failure();
  if (*parsed > seconds(24 * 3600)) return wrong("a grace is a day at most; write 10m");
  realm.token_grace = *parsed;
  return done{};
}

// The function of sql/ that deletes audit events keeps to that, too.
status set_audit_retention(settings& realm, arguments args, const std::string&) {
  const result<seconds> parsed = parse_duration(args[0]);
  if (!parsed) return parsed.failure();
  if (*parsed < seconds(24 * 3600)) return wrong("audit events are kept for at least a day; write 400d");
  realm.audit_retention = *parsed;
  return done{};
}

status set_token_cache(settings& realm, arguments args, const std::string&) {
  constexpr std::size_t most = 4'000'000;  // some 4 GB of each worker
  std::size_t count = 0;
  const char* const end = args[0].data() + args[0].size();
  const auto parsed = std::from_chars(args[0].data(), end, count);
  if (parsed.ec != std::errc() || parsed.ptr != end || count == 0 || count > most) {
    return wrong("\"" + std::string(args[0]) + "\" is no number of tokens from 1 to " + std::to_string(most) +
                 "; each takes up to 1 KB of every worker; write 16384");
  }
  realm.token_cache = count;
  return done{};
}

status set_cookie(settings& realm, arguments args, const std::string&) {
  const bool is_name = !args[0].empty() && std::ranges::all_of(args[0], [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!is_name) {
    return wrong("\"" + std::string(args[0]) + "\" cannot name a cookie; use letters, digits, \"-\" and \"_\"");
  }
  if (gate::has_cookie_prefix(args[0])) {
    return wrong("\"" + std::string(args[0]) +
                 "\" begins as browsers want it of some cookies only; leave the prefix "
                 "out: the cookie has \"__Host-\" wherever it may");
  }
  realm.cookie_name = args[0];
  return done{};
}

status set_cookie_domain(settings& realm, arguments args, const std::string&) {
  const std::string domain = ascii_lower(args[0]);
  const bool is_name = gate::is_origin("https://" + domain) && domain.find_first_of(":[") == std::string::npos;
  if (!is_name) return wrong("\"" + std::string(args[0]) + "\" is no domain; write one such as example.com");
  realm.cookie_domain = domain;
  return done{};
}

constexpr std::array<std::pair<std::string_view, bool>, 2> switches{{{"on", true}, {"off", false}}};

template <auto Member>
status set_switch(settings& realm, arguments args, const std::string&) {
  return set_choice(realm.*Member, args[0], switches);
}

status set_pages(settings& realm, arguments args, const std::string& prefix) {
  realm.has_pages = args[0] != "off";
  if (realm.has_pages && args[0] != "on") realm.pages_directory = absolute(args[0], prefix);
  return done{};
}

status set_site(settings& realm, arguments args, const std::string&) {
  constexpr std::string_view logo = "logo=";
  constexpr std::string_view color = "color=";
  realm.site.name = args[0];
  for (const std::string_view word : args.subspan(1)) {
    if (word.starts_with(logo)) {
      realm.site.logo = word.substr(logo.size());
      const bool is_path = realm.site.logo.starts_with('/') && !realm.site.logo.starts_with("//");
      if (!is_path) return wrong("\"" + std::string(word) + "\" is no path on this site; write logo=/images/logo.svg");
    } else if (word.starts_with(color)) {
      realm.site.color = word.substr(color.size());
      if (!view::is_color(realm.site.color))
        return wrong("\"" + std::string(word) + "\" is no color; write color=#1f5c4d");
    } else {
      return wrong("\"" + std::string(word) + "\" is unknown here; write logo=/PATH or color=#RRGGBB");
    }
  }
  return done{};
}

status set_return_urls(settings& realm, arguments args, const std::string&) {
  for (const std::string_view url : args) {
    const std::size_t path = url.find('/', url.find("://") + 3);
    if (!gate::is_origin(url.substr(0, path)) ||
        std::ranges::any_of(url, [](char c) { return c <= ' ' || c == '\\'; })) {
      return wrong("\"" + std::string(url) + "\" is not an absolute URL; write https://HOST/PATH");
    }
    realm.return_urls.emplace_back(url);
  }
  return done{};
}

status set_hosts(settings& realm, arguments args, const std::string&) {
  for (const std::string_view word : args) realm.host_words.emplace_back(word);
  return done{};
}

template <auto Member>
status set_prefix(settings& realm, arguments args, const std::string&) {
  const std::string_view path = args[0];
  const bool is_plain = gate::is_safe_return(path, {}) && path.find_first_of("?#%\"<>;") == std::string_view::npos &&
                        path.find("//") == std::string_view::npos;
  if (!is_plain || path.size() < 3 || !path.ends_with('/')) {
    return wrong("\"" + std::string(path) +
                 "\" is no prefix of paths; write one between slashes, such as /.gatehouse/");
  }
  realm.*Member = path;
  return done{};
}

status set_smtp(settings& realm, arguments args, const std::string& prefix) {
  result<smtp::options> parsed = smtp::parse_options(args, prefix);
  if (!parsed) return parsed.failure();
  realm.smtp = std::move(*parsed);
  return done{};
}

status set_mails(settings& realm, arguments args, const std::string& prefix) {
  realm.mails_directory = absolute(args[0], prefix);
  return done{};
}

status set_notices(settings& realm, arguments args, const std::string&) {
  realm.notices = {false, false};
  for (const std::string_view word : args) {
    const bool alone = args.size() == 1;
    if (word == "login") {
      realm.notices.login = true;
    } else if (word == "password") {
      realm.notices.password = true;
    } else if (word != "off" || !alone) {
      return wrong("\"" + std::string(word) + "\" is unknown here; write login, password, both, or off alone");
    }
  }
  return done{};
}

status set_same_site(settings& realm, arguments args, const std::string&) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> choices{
      {{"lax", "Lax"}, {"strict", "Strict"}, {"none", "None"}}};
  return set_choice(realm.jsonapi_same_site, args[0], choices);
}

// Both are read, whichever is set.
status set_jsonapi_cookie(settings& realm, arguments args, const std::string&) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> choices{
      {{"refreshToken", "refreshToken"}, {"userRefreshToken", "userRefreshToken"}}};
  return set_choice(realm.jsonapi_cookie, args[0], choices);
}

// "?token=" follows it in the mail.
status set_recovery_url(settings& realm, arguments args, const std::string&) {
  constexpr std::string_view forbidden = "?#\\\"<>";
  const std::string_view url = args[0];
  const bool is_path = url.starts_with('/') && !url.starts_with("//");
  const std::size_t scheme = url.find("://");
  const bool is_absolute =
      scheme != std::string_view::npos && gate::is_origin(url.substr(0, url.find('/', scheme + 3)));
  const bool is_clean = std::ranges::all_of(
      url, [=](char c) { return c > ' ' && c < '\x7f' && forbidden.find(c) == std::string_view::npos; });
  if (!is_clean || (!is_path && !is_absolute)) {
    return wrong("\"" + std::string(url) +
                 "\" is no page for a reset; write /PATH or https://HOST/PATH, without a query: ?token= is added");
  }
  realm.jsonapi_recovery_url = url;
  return done{};
}

status set_remember(settings& realm, arguments args, const std::string&) {
  constexpr std::array<std::pair<std::string_view, remember>, 3> choices{
      {{"on", remember::on}, {"off", remember::off}, {"ask", remember::ask}}};
  return set_choice(realm.remember, args[0], choices);
}

status set_mfa(settings& realm, arguments args, const std::string&) {
  constexpr std::array<std::pair<std::string_view, mfa>, 3> choices{
      {{"off", mfa::off}, {"optional", mfa::optional}, {"required", mfa::required}}};
  return set_choice(realm.mfa, args[0], choices);
}

status set_mfa_grace(settings& realm, arguments args, const std::string&) {
  const result<seconds> parsed = parse_duration(args[0]);
  if (!parsed) return parsed.failure();
  realm.mfa_grace = *parsed;
  return done{};
}

status set_mfa_remember(settings& realm, arguments args, const std::string&) {
  constexpr seconds most{400 * 24 * 3600};  // no browser keeps a cookie longer (RFC 6265bis §5.5)
  if (args[0] == "off") return done{};
  const result<seconds> parsed = positive_duration(args[0]);
  if (!parsed) return parsed.failure();
  if (*parsed > most) return wrong("no browser remembers anything for more than 400 days; write 30d");
  realm.mfa_remember = *parsed;
  return done{};
}

// Whether public_url is one of its hosts, block::complete() sees to.
status set_rp_id(settings& realm, arguments args, const std::string&) {
  realm.rp_id = gate::host_name(args[0]);
  if (realm.rp_id.empty() || realm.rp_id != args[0]) {
    return wrong("that is no domain; write one in lower case, without a scheme or a port: example.com");
  }
  return done{};
}

// Whether there are such dialects, the door sees to.
status set_mfa_exempt(settings& realm, arguments args, const std::string&) {
  for (const std::string_view word : args) realm.mfa_exempt.emplace_back(word);
  return done{};
}

status set_app_origin(settings& realm, arguments args, const std::string&) {
  const std::string_view url = args[0];
  const std::size_t scheme = url.find("://");
  const bool is_clean = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  const bool is_absolute =
      scheme != std::string_view::npos && gate::is_origin(url.substr(0, url.find('/', scheme + 3)));
  if (!is_clean || !is_absolute) {
    return wrong("\"" + std::string(url) +
                 "\" is no address of an application; write https://HOST or https://HOST/PATH");
  }
  realm.jsonapi_app_origin = url;
  return done{};
}

status set_csrf_secret(settings& realm, arguments args, const std::string& prefix) {
  result<secret> read = read_secret_file(absolute(args[0], prefix));
  if (!read) return read.failure();
  realm.csrf_secret = std::move(*read);
  return done{};
}

status set_csrf_rate(settings& realm, arguments args, const std::string&) {
  const result<limit::rate> parsed = limit::parse_rate(args[0]);
  if (!parsed) return parsed.failure();
  realm.csrf_rate = *parsed;
  return done{};
}

constexpr std::size_t any = 64;

constexpr std::array table{
    directive{"postgres", 1, any, "postgres \"CONNINFO\" [pool=4] [queue=256] [timeout=2s] [password_file=FILE]",
              set_postgres},
    directive{"redis", 1, any,
              "redis unix:PATH|HOST[:PORT] [db=0] [user=NAME] [password_file=FILE] [timeout=250ms] [wait=0]",
              set_redis},
    directive{"keys", 1, 1, "keys FILE", set_keys},
    directive{"public_url", 1, 1, "public_url https://HOST[:PORT]", set_public_url},
    directive{"issuer", 1, 1, "issuer TEXT", set_issuer},
    directive{"audience", 1, 1, "audience TEXT", set_audience},
    directive{"registration", 1, any, "registration closed|open|domain=NAME ...", set_registration},
    directive{"remote_user", 1, 1, "remote_user id|username|email", set_remote_user},
    directive{"verify_email", 1, 1, "verify_email off|on|required", set_verify_email},
    directive{"password", 1, any,
              "password [min_length=8] [blocklist=FILE|off] [memory=19m] [iterations=2] [queue=64] [nice=10]",
              set_password},
    directive{"limit_logins", 1, any,
              "limit_logins [account+address=10/15m] [account=100/1h] [address=100/15m] [all=off]",
              set_limits<&limit::allowances::logins>},
    directive{"limit_registrations", 1, any, "limit_registrations [address=20/1h] [all=1000/1h]",
              set_limits<&limit::allowances::registrations>},
    directive{"limit_mails", 1, any, "limit_mails [account=5/1h] [address=20/1h] [all=1000/1h]",
              set_limits<&limit::allowances::mails>},
    directive{"limit_tokens", 1, any, "limit_tokens [address=60/10m] [all=off]",
              set_limits<&limit::allowances::tokens>},
    directive{"limit_user_tokens", 1, any, "limit_user_tokens [address=60/10m] [all=off]",
              set_limits<&limit::allowances::user_tokens>},
    directive{"access_lifetime", 1, 1, "access_lifetime TIME", set_duration<&settings::access_lifetime>},
    directive{"refresh_lifetime", 1, 1, "refresh_lifetime TIME", set_duration<&settings::refresh_lifetime>},
    directive{"session_lifetime", 1, 1, "session_lifetime TIME", set_duration<&settings::session_lifetime>},
    directive{"refresh_grace", 1, 1, "refresh_grace TIME", set_refresh_grace},
    directive{"token_grace", 1, 1, "token_grace TIME", set_token_grace},
    directive{"audit_retention", 1, 1, "audit_retention TIME", set_audit_retention},
    directive{"token_cache", 1, 1, "token_cache NUMBER", set_token_cache},
    directive{"cookie", 1, 1, "cookie NAME", set_cookie},
    directive{"cookie_secure", 1, 1, "cookie_secure on|off", set_switch<&settings::cookie_secure>},
    directive{"cookie_domain", 1, 1, "cookie_domain DOMAIN", set_cookie_domain},
    directive{"remember", 1, 1, "remember on|off|ask", set_remember},
    directive{"mfa", 1, 1, "mfa off|optional|required", set_mfa},
    directive{"mfa_grace", 1, 1, "mfa_grace TIME", set_mfa_grace},
    directive{"mfa_remember", 1, 1, "mfa_remember TIME|off", set_mfa_remember},
    directive{"passkey_login", 1, 1, "passkey_login on|off", set_switch<&settings::passkey_login>},
    directive{"rp_id", 1, 1, "rp_id DOMAIN", set_rp_id},
    directive{"mfa_exempt", 1, any, "mfa_exempt DIALECT ...", set_mfa_exempt},
    directive{"pages", 1, 1, "pages on|off|DIRECTORY", set_pages},
    directive{"site", 1, 3, "site NAME [logo=/PATH] [color=#RRGGBB]", set_site},
    directive{"smtp", 2, any,
              "smtp smtp://HOST[:PORT]|smtps://HOST[:PORT] from=ADDRESS [name=TEXT] [user=NAME password_file=FILE]"
              " [starttls=required|try|off] [ca_file=FILE] [timeout=30s]",
              set_smtp},
    directive{"mails", 1, 1, "mails DIRECTORY", set_mails},
    directive{"verify_lifetime", 1, 1, "verify_lifetime TIME", set_duration<&settings::verify_lifetime>},
    directive{"reset_lifetime", 1, 1, "reset_lifetime TIME", set_duration<&settings::reset_lifetime>},
    directive{"notices", 1, 2, "notices login|password ...|off", set_notices},
    directive{"second_login", 1, 1, "second_login on|off", set_switch<&settings::second_login>},
    directive{"jsonapi_app_origin", 1, 1, "jsonapi_app_origin https://HOST[/PATH]", set_app_origin},
    directive{"jsonapi_cookie", 1, 1, "jsonapi_cookie refreshToken|userRefreshToken", set_jsonapi_cookie},
    directive{"jsonapi_same_site", 1, 1, "jsonapi_same_site lax|strict|none", set_same_site},
    directive{"jsonapi_recovery_url", 1, 1, "jsonapi_recovery_url /PATH|https://HOST/PATH", set_recovery_url},
    directive{"csrf_secret", 1, 1, "csrf_secret FILE", set_csrf_secret},
    directive{"csrf_rate", 1, 1, "csrf_rate COUNT/TIME|off", set_csrf_rate},
    directive{"hosts", 1, any, "hosts HOST|*.HOST|https://HOST[:PORT] ...", set_hosts},
    directive{"hop_path", 1, 1, "hop_path /PREFIX/", set_prefix<&settings::hop_path>},
    directive{"login_path", 1, 1, "login_path /PREFIX/", set_prefix<&settings::login_path>},
    directive{"return_urls", 1, any, "return_urls https://HOST/PATH ...", set_return_urls},
};

}  // namespace

std::span<const directive> directives() { return table; }

const directive* find_directive(std::string_view name) {
  const auto row = std::ranges::find(table, name, &directive::name);
  return row == table.end() ? nullptr : &*row;
}

}  // namespace gatehouse::realm

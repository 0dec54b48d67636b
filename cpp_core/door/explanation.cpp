// GATEHOUSE_EXPLAIN: the effective settings as JSON, so that no tool needs to read nginx.conf a second time. Secrets
// are named by their files only.
#include "door/configuration.h"

using namespace gatehouse;
using nlohmann::ordered_json;

namespace {

std::string_view word_for(realm::registration policy) {
  switch (policy) {
    case realm::registration::open:
      return "open";
    case realm::registration::domain:
      return "domain";
    case realm::registration::closed:
      break;
  }
  return "closed";
}

std::string_view word_for(realm::verify_email policy) {
  switch (policy) {
    case realm::verify_email::off:
      return "off";
    case realm::verify_email::required:
      return "required";
    case realm::verify_email::on:
      break;
  }
  return "on";
}

std::string_view word_for(realm::remember said) {
  switch (said) {
    case realm::remember::on:
      return "on";
    case realm::remember::off:
      return "off";
    case realm::remember::ask:
      break;
  }
  return "ask";
}

std::string_view word_for(realm::mfa said) {
  switch (said) {
    case realm::mfa::optional:
      return "optional";
    case realm::mfa::required:
      return "required";
    case realm::mfa::off:
      break;
  }
  return "off";
}

std::string_view word_for(gate::remote_user shown) {
  switch (shown) {
    case gate::remote_user::id:
      return "id";
    case gate::remote_user::username:
      return "username";
    case gate::remote_user::email:
      break;
  }
  return "email";
}

ordered_json optional_seconds(const std::optional<seconds>& value) {
  return value ? ordered_json(value->count()) : ordered_json(nullptr);
}

ordered_json explain_rate(const limit::rate& rate) {
  if (rate.off()) return nullptr;
  return {{"count", rate.count}, {"window", rate.window.count()}};
}

// A limit that does not exist is left out, one that is off is null.
ordered_json explain_limits(const limit::allowance& said) {
  ordered_json limits = ordered_json::object();
  for (const limit::scope& each : limit::scopes) {
    const std::optional<limit::rate>& rate = said.*each.limit;
    if (rate) limits[std::string(each.name)] = explain_rate(*rate);
  }
  return limits;
}

ordered_json explain_mail(const realm::settings& said) {
  if (!said.smtp) return nullptr;
  ordered_json notices = ordered_json::array();
  if (said.notices.login) notices.push_back("login");
  if (said.notices.password) notices.push_back("password");
  return {{"server", said.smtp->url()},
          {"from", said.smtp->from.address},
          {"user", said.smtp->user},
          {"templates", said.mails_directory},
          {"notices", std::move(notices)}};
}

ordered_json explain_realm(const realm::settings& said) {
  return {{"name", said.name},
          {"public_url", said.public_url},
          {"issuer", said.issuer},
          {"audience", said.audience},
          {"postgres", {{"server", said.postgres->server}, {"pool", said.postgres->pool}}},
          {"redis", {{"server", said.redis->name()}, {"db", said.redis->database}}},
          {"registration", word_for(said.registration)},
          {"registration_domains", said.registration_domains},
          {"remote_user", word_for(said.remote_user)},
          {"verify_email", word_for(said.verify_email)},
          {"password",
           {{"min_length", said.password.min_length},
            {"blocklist", said.password.blocklist_file},
            {"blocklist_entries", said.blocklist.size()},
            {"memory", said.password.cost.memory},
            {"iterations", said.password.cost.iterations},
            {"queue", said.password.queue},
            {"nice", said.password.nice}}},
          {"limit_logins", explain_limits(said.limits.logins)},
          {"limit_registrations", explain_limits(said.limits.registrations)},
          {"limit_mails", explain_limits(said.limits.mails)},
          {"limit_tokens", explain_limits(said.limits.tokens)},
          {"limit_user_tokens", explain_limits(said.limits.user_tokens)},
          {"cookies", {said.cookies->access(), said.cookies->refresh()}},
          {"cookie_secure", said.cookie_secure},
          {"cookie_domain", said.cookie_domain},
          {"remember", word_for(said.remember)},
          {"mfa", word_for(said.mfa)},
          {"mfa_grace", said.mfa_grace.count()},
          {"mfa_remember", optional_seconds(said.mfa_remember)},
          {"mfa_exempt", said.mfa_exempt},
          {"passkey_login", said.passkey_login},
          {"rp_id", said.rp_id},
          {"pages", said.has_pages ? ordered_json(said.pages_directory) : ordered_json(nullptr)},
          {"site", {{"name", said.site.name}, {"logo", said.site.logo}, {"color", said.site.color}}},
          {"return_urls", said.return_urls},
          {"hosts", said.hosts.texts()},
          {"hop_path", said.hop_path},
          {"login_path", said.login_path},
          {"mail", explain_mail(said)},
          {"verify_lifetime", optional_seconds(said.verify_lifetime)},
          {"reset_lifetime", optional_seconds(said.reset_lifetime)},
          {"second_login", said.second_login},
          {"jsonapi_app_origin", said.jsonapi_app_origin},
          {"jsonapi_cookie", said.jsonapi_cookie},
          {"jsonapi_same_site", said.jsonapi_same_site},
          {"jsonapi_recovery_url", said.jsonapi_recovery_url},
          {"csrf_secret", said.csrf_secret.has_value()},
          {"csrf_rate", explain_rate(said.csrf_rate)},
          {"access_lifetime", optional_seconds(said.access_lifetime)},
          {"refresh_lifetime", optional_seconds(said.refresh_lifetime)},
          {"session_lifetime", said.session_lifetime.count()},
          {"refresh_grace", said.refresh_grace.count()},
          {"token_grace", said.token_grace.count()},
          {"audit_retention", said.audit_retention.count()},
          {"token_cache", said.token_cache}};
}

}  // namespace

int gh_config_explain_location(gh_config* config, const gh_location* location) {
  return guarded(nullptr, -1, [&] {
    ordered_json row = {{"server", view_of(location->server)}, {"location", view_of(location->location)}};
    row["guard"] = location->guard != nullptr ? ordered_json(location->guard->settings.name) : ordered_json(nullptr);
    row["optional"] = location->optional != 0;
    row["require"] = ordered_json::array();
    for (size_t i = 0; i < location->rule_count; ++i) row["require"].push_back(location->rules[i]->rule.text());
    row["api"] = nullptr;
    if (const gh_api* api = location->api) {
      row["api"] = {{"realm", api->realm->settings.name}, {"dialect", api->spoken->name}, {"mount", api->mount}};
    }
    row["check"] = location->check != nullptr ? ordered_json(location->check->settings.name) : ordered_json(nullptr);
    row["check_redirect"] = location->redirect != 0;
    row["token_from"] = ordered_json::array();
    const unsigned from = location->from == 0 ? GH_FROM_BEARER | GH_FROM_COOKIE : location->from;
    if (from & GH_FROM_BEARER) row["token_from"].push_back("bearer");
    if (from & GH_FROM_COOKIE) row["token_from"].push_back("cookie");
    if (from & GH_FROM_NAMED_HEADER)
      row["token_from"].push_back("header=" + std::string(view_of(location->from_header)));
    if (from & GH_FROM_NAMED_COOKIE)
      row["token_from"].push_back("cookie=" + std::string(view_of(location->from_cookie)));
    if (from & GH_FROM_API_KEY) row["token_from"].push_back("api_key");
    if (from & GH_FROM_BASIC) row["token_from"].push_back(from & GH_FROM_PASSWORD ? "basic=password" : "basic");
    row["csrf"] = location->csrf != 0;
    row["pass_cookies"] = location->pass_cookies != 0;
    row["ambiguous_paths"] = location->ambiguous_paths != 0 ? "allow" : "deny";
    row["no_store"] = location->no_store != 0;
    row["signed_url"] = location->signed_url != 0;
    row["stale_limit_ms"] = location->stale_limit != 0 ? ordered_json(location->stale_limit) : ordered_json(nullptr);
    row["headers"] = ordered_json::object();
    for (size_t i = 0; i + 1 < location->header_count; i += 2) {
      row["headers"][std::string(view_of(location->headers[i]))] = view_of(location->headers[i + 1]);
    }
    config->explained_locations.push_back(std::move(row));
    return 0;
  });
}

gh_str gh_config_explain(gh_config* config) {
  return guarded<gh_str>(nullptr, gh_str{nullptr, 0}, [&] {
    ordered_json realms = ordered_json::array();
    for (const auto& realm : config->realms) realms.push_back(explain_realm(realm->settings));
    const ordered_json whole = {{"realms", std::move(realms)}, {"locations", config->explained_locations}};
    config->explanation = whole.dump(2, ' ', false, ordered_json::error_handler_t::replace);
    return door_string(config->explanation);
  });
}

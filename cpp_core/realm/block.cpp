#include "realm/block.h"

#include <array>
#include <memory>
#include <utility>

#include "gate/host_list.h"
#include "realm/directives.h"

namespace gatehouse::realm {

namespace {

error cannot(std::string what) { return {fault::invalid, std::move(what)}; }

// Is the host the domain, or one below it?
bool is_within(const std::string& host, const std::string& domain) {
  return host == domain || host.ends_with("." + domain);
}

}  // namespace

status block::apply(std::span<const std::string_view> words) {
  const directive* const row = find_directive(words.front());
  if (row == nullptr) {
    std::string names;
    for (const directive& known : directives()) names.append(names.empty() ? "" : ", ").append(known.name);
    return cannot("unknown directive \"" + std::string(words.front()) + "\" in a gatehouse_realm block; it may hold " +
                  names);
  }
  if (!seen_.emplace(words.front()).second) return cannot("\"" + std::string(row->name) + "\" directive is duplicate");

  const std::size_t count = words.size() - 1;
  if (count < row->least || count > row->most) {
    return cannot("invalid number of arguments in \"" + std::string(row->name) +
                  "\" directive; write: " + std::string(row->usage) + ";");
  }

  const status applied = row->apply(settings_, words.subspan(1), prefix_);
  if (!applied) return cannot("\"" + std::string(row->name) + "\": " + applied.failure().what);
  return done{};
}

status block::complete() {
  if (const status checked = check(); !checked) return checked;
  if (const status loaded = load_blocklist(); !loaded) return loaded;
  fill_in();
  if (const status loaded = load_letters(); !loaded) return loaded;
  return add_hosts();
}

status block::check() const {
  constexpr std::array<std::string_view, 4> mandatory{"postgres", "redis", "keys", "public_url"};
  for (const std::string_view name : mandatory) {
    if (seen_.contains(name)) continue;
    return cannot("realm \"" + settings_.name + "\" has no \"" + std::string(name) +
                  "\"; write: " + std::string(find_directive(name)->usage) + ";");
  }
  if (settings_.verify_email == verify_email::required && !settings_.smtp) {
    return cannot("\"verify_email required\" lets nobody log in without mail; write smtp, too, or: verify_email on;");
  }
  if (settings_.refresh_lifetime && *settings_.refresh_lifetime > settings_.session_lifetime) {
    return cannot("\"refresh_lifetime\" is longer than \"session_lifetime\", which ends the session first");
  }
  if (settings_.mfa == mfa::required && !settings_.offers_totp()) {
    return cannot(
        "\"mfa required\" needs a key for the secrets of second factors; add a \"kty\":\"oct\" with "
        "\"use\":\"gatehouse-data\" and 32 bytes to the file of \"keys\"");
  }
  if (!settings_.rp_id.empty() && !is_within(gate::host_name(settings_.public_url), settings_.rp_id)) {
    return cannot("\"rp_id\" is not the domain of \"public_url\", at whose host browsers would refuse its passkeys");
  }
  if (settings_.jsonapi_same_site == "None" && !settings_.cookie_secure) {
    return cannot("\"jsonapi_same_site none\" is for Secure cookies only; write: cookie_secure on;");
  }
  if (!settings_.cookie_domain.empty() && !settings_.shares_cookies_with(gate::host_name(settings_.public_url))) {
    return cannot("\"cookie_domain\" does not hold the host of \"public_url\", whose cookies browsers would refuse");
  }
  return done{};
}

status block::load_blocklist() {
  if (settings_.password.blocklist_file.empty()) return done{};
  result<password::blocklist> loaded = password::blocklist::load(settings_.password.blocklist_file);
  if (!loaded) return loaded.failure();
  settings_.blocklist = std::move(*loaded);
  return done{};
}

status block::load_letters() {
  if (!settings_.smtp) return done{};
  letterhead head{settings_.site.name, settings_.site.color, settings_.smtp->from};
  auto loaded = letter_templates::load(settings_.mails_directory, std::move(head));
  if (!loaded) return cannot("the mails: " + loaded.failure().what + "; write \"mails DIRECTORY\"");
  settings_.letters = std::make_shared<const letter_templates>(std::move(*loaded));
  return done{};
}

status block::add_hosts() {
  for (const std::string& word : settings_.host_words) {
    const status added = settings_.hosts.add(word, settings_.public_url);
    if (!added) return cannot("\"hosts\": " + added.failure().what);
  }
  return done{};
}

// What was not said, and what follows from what was.
void block::fill_in() {
  if (settings_.site.name.empty())
    settings_.site.name = settings_.public_url.substr(settings_.public_url.find("//") + 2);
  settings_.cookies.emplace(settings_.cookie_name, settings_.cookie_secure, settings_.cookie_domain);
  settings_.own_cookies = settings_.cookies->of_one_host();
  settings_.login_cookies.emplace(settings_.cookie_name, settings_.cookie_secure);
  settings_.has_usernames = settings_.remote_user == gate::remote_user::username;
  if (settings_.jsonapi_app_origin.empty()) settings_.jsonapi_app_origin = settings_.public_url;
  if (settings_.issuer.empty()) settings_.issuer = settings_.public_url;
  if (settings_.rp_id.empty()) settings_.rp_id = gate::host_name(settings_.public_url);
  if (settings_.audience.empty()) settings_.audience = settings_.name;
}

}  // namespace gatehouse::realm

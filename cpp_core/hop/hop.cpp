#include "hop/hop.h"

#include <array>

#include "base/base64url.h"
#include "base/random.h"
#include "browser/client.h"
#include "browser/pages.h"
#include "gate/hop_cookie.h"
#include "gate/return_address.h"
#include "operation/hand_over.h"
#include "operation/logout.h"
#include "page/page_forms.h"
#include "page/page_response.h"
#include "wire/tokens_in_cookies.h"

namespace gatehouse::dialect {

namespace {

using operation::input;
using operation::refusal;

constexpr std::size_t nonce_bytes = 16;
constexpr std::size_t verifier_bytes = 32;
constexpr std::size_t most_address_bytes = 3000;  // so that the login page's address, with all of it, is below 8 KB

constexpr std::array arrival_fields{
    field{"code", &input::hand_over_code, false},
    field{"state", &input::state, false},
};

constexpr std::array routes{
    route{"GET", "hop", operation::arrive, credential::none, arrival_fields, 302},
    route{"GET", "login", show_page, credential::none, return_fields, 302},
    route{"GET", "step-up", show_page, credential::none, wanted_fields, 302},
    route{"GET", "logout", show_page, credential::none, return_fields, 200},
    route{"POST", "logout", operation::logout, credential::whatever, return_fields, 303},
    route{"GET", "logged-out", show_page, credential::none, return_fields, 200},
    route{"GET", "assets/:id", show_page, credential::none, {}, 200},
};

std::optional<std::string> origin_of(const realm::settings& realm, const request& asked) {
  return realm.hosts.origin_of(asked.host, asked.header("Host"));
}

gate::hop_cookie cookie_of(const realm::settings& realm, std::string_view origin) {
  return {*realm.keys, realm.name, origin, realm.cookie_name, realm.cookie_secure};
}

// The address has the code of the hand-over, so the next page must not learn it by Referer.
response away(std::string location) {
  response answer = redirect(302, std::move(location));
  answer.add_header("Referrer-Policy", "no-referrer");
  answer.add_header("Cache-Control", "no-store");
  return answer;
}

// The hop cookie shows whether this browser has begun the hand-over that it comes back from.
void read_more(const request& asked, const realm::settings& realm, input& in) {
  in.origin = origin_of(realm, asked);
  const auto state = gate::parse_hop_state(in.state.value_or(""));
  if (!in.origin || !state) return;
  const std::vector<std::string_view> cookies = asked.all_headers("Cookie");
  const auto verifier = cookie_of(realm, *in.origin).verifier(cookies, *state, now_seconds());
  if (verifier) in.verifier = secret(*verifier);
}

response enter(const exchange& about, const gate::hop_state& state, const operation::issued_tokens* tokens) {
  const gate::hop_cookie cookie = cookie_of(about.realm, *origin_of(about.realm, about.asked));
  const std::vector<std::string_view> shown = about.asked.all_headers("Cookie");
  response answer = away(state.address);
  if (tokens != nullptr) set_token_cookies(about, *tokens, answer);
  answer.add_header("Set-Cookie", cookie.end(state));
  answer.add_header("Set-Cookie", cookie.count_one_more(shown, now_seconds()));
  return answer;
}

// The browser comes back from the login host.
struct arrival_encoder {
  const exchange& about;
  const std::optional<gate::hop_state> state;

  response operator()(const operation::signed_in& session) const {
    return state ? enter(about, *state, &session.tokens) : lost();
  }
  // cookie_domain: the browser has the cookies of the login host here, too.
  response operator()(const operation::blank&) const { return state ? enter(about, *state, nullptr) : lost(); }
  // Where a login took longer than a hand-over may, the browser is sent once more: it has a session at the login host
  // by now.
  response operator()(const operation::refused& refused) const {
    const bool may_try_again = refused.why == refusal::hop_lost && state && !state->again;
    return may_try_again ? begin_hop(about.realm, about.asked, state->address, {}, true)
                         : error_page(about.asked, about.realm, refused);
  }
  template <operation::one_of<
      operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
      operation::recovery_codes_made, operation::passkey_options, operation::factor_changed, operation::profile,
      operation::session_list, operation::signed_out, operation::sessions_ended, operation::account_removed,
      operation::verification_sent, operation::email_verified, operation::mail_sent, operation::user_list,
      operation::password_reset, operation::temporary_password, operation::account_overview, operation::token_list,
      operation::token_made, operation::url_signed, operation::token_changed, operation::handed_over,
      operation::assurance_wanted>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }

 private:
  response lost() const { return error_page(about.asked, about.realm, refusal::hop_lost); }
};

response encode_arrival(const exchange& about, const operation::outcome& outcome) {
  return std::visit(arrival_encoder{about, gate::parse_hop_state(about.typed_as("state"))}, outcome);
}

response encode(const exchange& about, const operation::outcome& outcome) {
  if (about.matched.path == "hop") return encode_arrival(about, outcome);
  if (about.matched.path == "login" || about.matched.path == "step-up") {
    const std::string_view address = about.typed_as("return");
    const gate::assurance wants = gate::assurance::read(about.typed_as("acr_values"), about.typed_as("max_age"));
    return begin_hop(about.realm, about.asked, address.empty() ? "/" : address, wants, false);
  }
  return pages.encode(about, outcome);
}

}  // namespace

response begin_hop(const realm::settings& realm, const request& asked, std::string_view address,
                   const gate::assurance& wants, bool again) {
  const std::optional<std::string> origin = origin_of(realm, asked);
  if (!origin) return error_page(asked, realm, refusal::unknown_host);
  const gate::hop_cookie cookie = cookie_of(realm, *origin);
  const std::vector<std::string_view> shown = asked.all_headers("Cookie");
  const unix_seconds now = now_seconds();
  if (cookie.count(shown, now) >= gate::most_hops) return error_page(asked, realm, refusal::hop_loop);

  gate::hop_state state;
  state.nonce = random_base64url(nonce_bytes);
  state.again = again;
  state.address = gate::plain_address(address);
  const bool may_return = gate::is_safe_return(state.address, {}) && state.address.size() <= most_address_bytes;
  if (!may_return) state.address = "/";
  const std::string verifier = random_base64url(verifier_bytes);

  std::string query = "?origin=" + gate::percent_encode(*origin);
  query.append("&state=").append(state.text()).append("&challenge=").append(gate::challenge_of(verifier));
  if (!wants.empty()) query.append("&").append(wants.query());
  response answer = away(realm.public_url + realm.login_path + "hop" + query);
  answer.add_header("Set-Cookie", cookie.begin(state, verifier, now));
  for (std::string& header : cookie.forget_oldest(shown)) answer.add_header("Set-Cookie", std::move(header));
  return answer;
}

const dialect hop{
    .name = "hop",
    .client = browser_client,
    .routes = routes,
    .decode = pages_decode,
    .find_tokens = find_token_cookies,
    .encode = encode,
    .encode_status = error_page_of_status,
    .read_more = read_more,
    .sets_cookies = true,
};

}  // namespace gatehouse::dialect

#include "related/related.h"

#include <array>
#include <nlohmann/json.hpp>

#include "body/json_body.h"
#include "page/page_forms.h"
#include "step/passkey.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"

namespace gatehouse::dialect {

namespace {

constexpr std::array routes{
    route{"GET", "webauthn", show_page, credential::none, {}, 200},
};

nlohmann::json no_claims(const account::user&) { return nlohmann::json::object(); }

presented find_nothing(const request&, const realm::settings&) { return {}; }

response encode(const exchange& about, const operation::outcome&) {
  return json_response(200, {{"origins", operation::passkey_origins(about.realm)}});
}

response encode_status(const request& asked, const realm::settings& realm, int status) {
  return json_response(status, {{"message", message_of_status(asked, realm, status)}, {"status", status}});
}

}  // namespace

const dialect related_origins{
    .name = "related-origins",
    .client = {.name = "related-origins",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(3600),
               .claims = no_claims},
    .routes = routes,
    .decode = decode_json,
    .find_tokens = find_nothing,
    .encode = encode,
    .encode_status = encode_status,
};

}  // namespace gatehouse::dialect

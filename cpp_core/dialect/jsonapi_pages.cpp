#include "dialect/jsonapi_pages.h"

#include <algorithm>
#include <array>

#include "dialect/form_body.h"
#include "dialect/page_response.h"
#include "dialect/page_values.h"
#include "dialect/refusals.h"
#include "operation/recover.h"

namespace gatehouse::dialect {

namespace {

using operation::input;
using operation::refusal;

constexpr std::array link_fields{
    field{"token", &input::link_token, true},
};
constexpr std::array reset_fields{
    field{"token", &input::link_token, true},
    field{"password", &input::password, true},
};

task<operation::outcome> show_page(operation::context, operation::input) { co_return operation::blank(); }

constexpr std::string_view pages_at = "web/";
constexpr std::string_view asset_path = "web/assets/:id";

constexpr std::array routes{
    route{"GET", jsonapi_reset, show_page, credential::none, link_fields, 200},
    route{"POST", jsonapi_reset, operation::reset_password, credential::none, reset_fields, 200},
    route{"GET", asset_path, show_page, credential::none, {}, 200},
};

// The same request, as the pages' own functions expect it: with the mount that their links begin with.
request as_page(const request& asked) {
  request moved = asked;
  moved.mount.append(pages_at);
  return moved;
}

response show(const exchange& about, std::string_view template_name, int status, const operation::refused* trouble) {
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked.mount + std::string(pages_at), language);
  values["at"] = {{"reset", about.asked.mount + std::string(jsonapi_reset)}};
  add_form(values, about, language, trouble);
  return html(status, about.realm.pages->render(template_name, language, values), language);
}

// It came without its token, or was cut off before that.
bool is_cut_off(const operation::refused& no) {
  return std::ranges::find(no.fields, operation::field_id(&input::link_token), &operation::field_error::field) !=
         no.fields.end();
}

// A link that is no good is not asked for again here: that is up to the application.
response encode_refusal(const exchange& about, const operation::refused& no) {
  operation::refused said = no;
  if (is_cut_off(no)) said.why = refusal::link_unknown;
  const int status = row_of(said.why).status;
  const bool is_dead = said.why == refusal::link_unknown || said.why == refusal::link_expired;
  return is_dead ? error_page(as_page(about.asked), about.realm, status, said)
                 : show(about, "reset.html", status, &said);
}

response encode(const exchange& about, const operation::outcome& outcome) {
  if (const auto* no = std::get_if<operation::refused>(&outcome)) return encode_refusal(about, *no);
  if (std::holds_alternative<operation::password_reset>(outcome)) return show(about, "reset-done.html", 200, nullptr);
  if (about.matched.path != asset_path) return show(about, "reset.html", 200, nullptr);
  const request moved = as_page(about.asked);
  return asset({about.matched, about.realm, moved, {}});
}

response encode_status(const request& asked, const realm::settings& realm, int status) {
  return error_page_of_status(as_page(asked), realm, status);
}

nlohmann::json no_claims(const account::user&) { return nlohmann::json::object(); }

presented find_nothing(const request&, const realm::settings&) { return {}; }

}  // namespace

const dialect jsonapi_pages{
    .name = "jsonapi-pages",
    .client = {.name = "jsonapi-pages",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(7 * 24 * 3600),
               .claims = no_claims},
    .routes = routes,
    .decode = decode_form,
    .find_tokens = find_nothing,
    .encode = encode,
    .encode_status = encode_status,
    .sets_cookies = true,
};

}  // namespace gatehouse::dialect

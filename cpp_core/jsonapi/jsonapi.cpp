#include "jsonapi/jsonapi.h"

#include <array>
#include <span>

#include "body/form_body.h"
#include "gate/cookie.h"
#include "jsonapi/jsonapi_admin.h"
#include "jsonapi/jsonapi_answers.h"
#include "jsonapi/jsonapi_body.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/profile.h"
#include "operation/recover.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "operation/reissue.h"
#include "page/link_pages.h"
#include "wire/tokens_in_header.h"

namespace gatehouse::dialect {

namespace {

using operation::input;

constexpr std::array register_fields{
    field{"name", &input::name, true},
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{"metadata", &input::metadata, false},
};
constexpr std::array login_fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
};
constexpr std::array profile_fields{
    field{"name", &input::name, false},
    field{"email", &input::email, false},
    field{"password", &input::password, false},
    field{"metadata", &input::metadata, false},
};
constexpr std::array recovery_fields{
    field{"email", &input::email, true},
};
constexpr std::array reset_fields{
    field{"token", &input::link_token, true},
    field{"password", &input::password, true},
};

constexpr std::array refresh_fields{
    field{"refreshToken", &input::refresh_token, true},
};
constexpr std::array page_fields{
    field{"page[number]", &input::page, false},
    field{"page[size]", &input::take, false},
    field{"search[email]", &input::part, false},
};
constexpr std::array new_user_fields{
    field{"name", &input::name, true},          field{"email", &input::email, true},
    field{"password", &input::password, true},  field{"active", &input::is_active, true},
    field{"metadata", &input::metadata, false},
};
constexpr std::array user_fields{
    field{"name", &input::name, false},         field{"email", &input::email, false},
    field{"password", &input::password, false}, field{"active", &input::is_active, false},
    field{"metadata", &input::metadata, false},
};

// The caller's access token has the claims from before the change, so the answer brings a new one.
task<operation::outcome> change_profile(operation::context ctx, operation::input in) {
  operation::outcome result = co_await operation::change_profile(ctx, in);
  co_return co_await operation::reissue_after(std::move(ctx), std::move(in), std::move(result));
}

constexpr std::array routes{
    route{"POST", jsonapi_register, operation::register_account, credential::none, register_fields, 201},
    route{"POST", jsonapi_login, operation::login, credential::none, login_fields, 200},
    route{"POST", jsonapi_profile, change_profile, credential::bearer, profile_fields, 200},
    route{"POST", jsonapi_recovery, operation::forgot_password, credential::none, recovery_fields, 200},
    route{"POST", jsonapi_reset, operation::reset_password, credential::none, reset_fields, 200},
    route{"POST", jsonapi_refresh, operation::refresh, credential::refresh, {}, 200},
    route{"DELETE", jsonapi_refresh, operation::logout_of_session, credential::whatever, {}, 204},
    route{"POST", jsonapi_admin_login, log_in_administrator, credential::none, login_fields, 200},
    route{"POST", jsonapi_admin_refresh, refresh_administrator, credential::none, refresh_fields, 200},
    route{"DELETE", jsonapi_admin_refresh, log_out_administrator, credential::none, refresh_fields, 204},
    route{"GET", jsonapi_admin_users, list_jsonapi_users, credential::bearer, page_fields, 200},
    route{"POST", jsonapi_admin_users, create_jsonapi_user, credential::bearer, new_user_fields, 201},
    route{"PATCH", jsonapi_admin_user, change_jsonapi_user, credential::bearer, user_fields, 200},
    route{"DELETE", jsonapi_admin_user, remove_jsonapi_user, credential::bearer, {}, 204},
};

decoded decode(const route& matched, std::string_view content_type, std::string_view body) {
  if (matched.method == "GET") return decode_query(matched, body);
  return decode_jsonapi(matched, envelope_of(matched), content_type, body);
}

// A cookie that is there twice counts as absent: which one is ours cannot be told.
presented find_tokens(const request& asked, const realm::settings& realm) {
  presented shown = find_bearer_token(asked, realm);
  const std::vector<std::string_view> headers = asked.all_headers("Cookie");
  gate::found_cookie found = gate::find_cookie(headers, realm.jsonapi_cookie);
  for (const std::string_view name : std::span(jsonapi_cookies).first<2>()) {
    if (std::holds_alternative<gate::no_cookie>(found)) found = gate::find_cookie(headers, name);
  }
  if (const auto* token = std::get_if<std::string_view>(&found)) shown.refresh = secret(*token);
  return shown;
}

nlohmann::json claims(const account::user& user) {
  nlohmann::json members = {{"userid", user.id}, {"name", user.name}, {"email", user.email}, {"scope", "user"}};
  if (!user.metadata.empty()) members["metadata"] = user.metadata;
  return members;
}

}  // namespace

const dialect jsonapi{
    .name = "jsonapi",
    .client = {.name = "jsonapi",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(7 * 24 * 3600),
               .claims = claims,
               .verify_link = "web/verify?token=",
               .reset_link = "web/profile?token=",
               .reset_page = &realm::settings::jsonapi_recovery_url,
               .reset_letter = account::letter::recovery,
               .reveals_taken = true,
               .email_at_once = true,
               .recent_login_proves = true,
               .may_change_nothing = true},
    .routes = routes,
    .decode = decode,
    .find_tokens = find_tokens,
    .encode = encode_jsonapi,
    .encode_status = encode_jsonapi_status,
    .refuse_early = refuse_jsonapi_media_type,
    .cookies = jsonapi_cookies,
    .sets_cookies = true,
    .response_headers = "Retry-After, WWW-Authenticate, x-authc-app-origin",
    .pages = &jsonapi_pages,
};

}  // namespace gatehouse::dialect

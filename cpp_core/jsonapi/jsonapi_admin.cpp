#include "jsonapi/jsonapi_admin.h"

#include <algorithm>

#include "gate/return_address.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/manage_users.h"
#include "operation/refresh.h"
#include "wire/json_response.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;

nlohmann::json claims_of_administrator(const account::user& user) {
  return {{"userid", user.id}, {"name", user.name}, {"email", user.email}, {"scope", "admin"}};
}

const operation::client administrators{
    .name = "jsonapi-admin",
    .policy = session::policy::rotating,
    .access_lifetime = seconds(3600),
    .refresh_lifetime = seconds(7 * 24 * 3600),
    .claims = claims_of_administrator,
    .verify_link = "web/verify?token=",
    .keeps_admin = true,
    .admins_only = true,
};

operation::context as_administrator(operation::context ctx) {
  return {ctx.realm,
          administrators,
          std::move(ctx.address),
          std::move(ctx.user_agent),
          std::move(ctx.request_id),
          std::move(ctx.mount),
          std::move(ctx.language)};
}

template <auto Operation>
task<operation::outcome> with_scope(operation::context ctx, operation::input in) {
  if (in.bearer->claim("scope") != "admin") co_return operation::refuse(operation::refusal::forbidden);
  operation::context asked = as_administrator(std::move(ctx));
  co_return co_await Operation(std::move(asked), std::move(in));
}

ordered_json attributes_of(const account::user& user) {
  return {{"name", user.name},
          {"email", user.email},
          {"metadata", user.metadata},
          {"app", ordered_json::object()},
          {"active", user.disabled() ? 0 : 1},
          {"created", iso8601(user.created_at)},
          {"updated", iso8601(user.updated_at)}};
}

ordered_json resource_of(const account::user& user) {
  return {{"type", "users"}, {"id", user.id}, {"attributes", attributes_of(user)}};
}

std::string address_of_page(const exchange& about, const operation::user_list& shown, std::size_t page) {
  std::string address = about.asked.mount + std::string(jsonapi_admin_users);
  address.append("?page[number]=").append(std::to_string(page));
  address.append("&page[size]=").append(std::to_string(shown.length));
  const std::string_view part = about.typed_as("search[email]");
  if (!part.empty()) address.append("&search[email]=").append(gate::percent_encode(part));
  return address;
}

ordered_json links_of(const exchange& about, const operation::user_list& shown) {
  const std::size_t pages = (shown.total + shown.length - 1) / shown.length;
  ordered_json links = ordered_json::object();
  if (shown.page < pages) links["next"] = address_of_page(about, shown, shown.page + 1);
  if (shown.page > 1) links["prev"] = address_of_page(about, shown, shown.page - 1);
  if (pages > 0) {
    links["first"] = address_of_page(about, shown, 1);
    links["last"] = address_of_page(about, shown, pages);
  }
  return links;
}

}  // namespace

bool is_jsonapi_administration(const route& matched) { return matched.path.starts_with("admin/"); }

task<operation::outcome> log_in_administrator(operation::context ctx, operation::input in) {
  operation::context asked = as_administrator(std::move(ctx));
  co_return co_await operation::login(std::move(asked), std::move(in));
}

task<operation::outcome> refresh_administrator(operation::context ctx, operation::input in) {
  operation::context asked = as_administrator(std::move(ctx));
  co_return co_await operation::refresh(std::move(asked), std::move(in));
}

task<operation::outcome> log_out_administrator(operation::context ctx, operation::input in) {
  operation::context asked = as_administrator(std::move(ctx));
  co_return co_await operation::logout(std::move(asked), std::move(in));
}

task<operation::outcome> list_jsonapi_users(operation::context ctx, operation::input in) {
  return with_scope<operation::list_page_of_users>(std::move(ctx), std::move(in));
}

task<operation::outcome> create_jsonapi_user(operation::context ctx, operation::input in) {
  return with_scope<operation::create_user>(std::move(ctx), std::move(in));
}

task<operation::outcome> change_jsonapi_user(operation::context ctx, operation::input in) {
  return with_scope<operation::change_user>(std::move(ctx), std::move(in));
}

task<operation::outcome> remove_jsonapi_user(operation::context ctx, operation::input in) {
  return with_scope<operation::remove_user>(std::move(ctx), std::move(in));
}

response show_jsonapi_user(const exchange& about, const account::user& user) {
  return json_response(about.matched.success, {{"data", resource_of(user)}});
}

response show_jsonapi_users(const exchange& about, const operation::user_list& page) {
  ordered_json rows = ordered_json::array();
  for (const account::user& each : page.users) rows.push_back(resource_of(each));
  return json_response(about.matched.success, {{"data", std::move(rows)}, {"links", links_of(about, page)}});
}

}  // namespace gatehouse::dialect

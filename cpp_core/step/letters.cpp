#include "step/letters.h"

#include <algorithm>
#include <array>

namespace gatehouse::operation {

namespace {

namespace letter = account::letter;

// `path`: of this site, or below the mount.
std::string url_of(const context& ctx, std::string_view path) {
  std::string url = ctx.realm.settings().public_url;
  if (!path.starts_with('/')) url += ctx.mount;
  return url.append(path);
}

std::string reset_url(const context& ctx) {
  const realm::settings& realm = ctx.realm.settings();
  const auto own = ctx.asked_by.reset_page;
  if (own == nullptr || (realm.*own).empty()) return url_of(ctx, ctx.asked_by.reset_link);
  const std::string& page = realm.*own;
  return (page.starts_with('/') ? url_of(ctx, page) : page) + "?token=";
}

// The page that a notice leads on to.
std::string_view page_for(std::string_view letter) {
  if (letter == letter::already_registered) return "login";
  if (letter == letter::password_changed) return "forgot";
  constexpr std::array about_the_account{letter::new_login,         letter::token_created,  letter::factor_added,
                                         letter::factor_renamed,    letter::factor_removed, letter::recovery_codes_made,
                                         letter::recovery_codes_low};
  return std::ranges::find(about_the_account, letter) != about_the_account.end() ? "account" : std::string_view();
}

bool is_wanted(const realm::settings& realm, std::string_view letter) {
  if (letter == letter::new_login) return realm.notices.login;
  if (letter == letter::password_changed) return realm.notices.password;
  return true;
}

}  // namespace

bool verifies_email(const context& ctx) {
  const realm::settings& realm = ctx.realm.settings();
  return realm.smtp && realm.verify_email != realm::verify_email::off;
}

bool requires_verified_email(const context& ctx) {
  return ctx.realm.settings().verify_email == realm::verify_email::required;
}

account::mail_order link_letter(const context& ctx, std::string_view letter) {
  const realm::settings& realm = ctx.realm.settings();
  const bool resets = letter == ctx.asked_by.reset_letter;
  account::mail_order order;
  order.letter = letter;
  order.language = ctx.language;
  order.link = resets ? reset_url(ctx) : url_of(ctx, ctx.asked_by.verify_link);
  order.lifetime = resets ? realm.reset_lifetime.value_or(ctx.asked_by.reset_lifetime)
                          : realm.verify_lifetime.value_or(ctx.asked_by.verify_lifetime);
  return order;
}

std::optional<account::mail_order> notice(const context& ctx, std::string_view letter) {
  const realm::settings& realm = ctx.realm.settings();
  if (!realm.smtp || !is_wanted(realm, letter)) return std::nullopt;
  account::mail_order order;
  order.letter = letter;
  order.language = ctx.language;
  order.to_verified = account::is_notice(letter) && verifies_email(ctx);
  const std::string_view page = page_for(letter);
  if (ctx.asked_by.has_pages && realm.has_pages && !page.empty()) order.link = url_of(ctx, page);
  return order;
}

}  // namespace gatehouse::operation

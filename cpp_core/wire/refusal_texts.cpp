#include "wire/refusal_texts.h"

#include <algorithm>
#include <array>

#include "wire/foreign_request.h"
#include "wire/status_phrase.h"

namespace gatehouse::dialect {

namespace {

constexpr std::array refusals{
    refusal_row{operation::refusal::invalid_input, 400, "invalid_input", "Validation failed"},
    refusal_row{operation::refusal::conflicting_credentials, 400, "conflicting_credentials",
                "The credentials are of different users"},
    refusal_row{operation::refusal::link_expired, 400, "link_expired", "This link has expired"},
    refusal_row{operation::refusal::link_unknown, 400, "link_unknown",
                "This link does not work, or has been used already"},
    refusal_row{operation::refusal::unknown_host, 400, "unknown_host", "The host is none of the realm's"},
    refusal_row{operation::refusal::hop_lost, 400, "hop_lost", "The browser has not begun this login"},
    refusal_row{operation::refusal::hop_reused, 400, "hop_reused", "The login code has been used before"},
    refusal_row{operation::refusal::hop_loop, 401, "hop_loop", "The browser keeps no login at this host"},
    refusal_row{operation::refusal::bad_credentials, 401, "bad_credentials", "Invalid credentials"},
    refusal_row{operation::refusal::bad_passkey, 401, "bad_passkey", "The passkey was not accepted"},
    refusal_row{operation::refusal::bad_code, 401, "bad_code", "The code is wrong, or was used before"},
    refusal_row{operation::refusal::challenge_lost, 401, "challenge_lost", "The login took too long; log in again"},
    refusal_row{operation::refusal::missing_bearer, 401, "missing_bearer", "No access token provided"},
    refusal_row{operation::refusal::bad_bearer, 401, "bad_bearer", "Invalid or expired access token"},
    refusal_row{operation::refusal::deactivated, 401, "bad_bearer", "Invalid or expired access token"},
    refusal_row{operation::refusal::cross_site, 403, "cross_site", "The request comes from another site"},
    refusal_row{operation::refusal::forbidden, 403, "forbidden", "Forbidden"},
    refusal_row{operation::refusal::bad_csrf_token, 403, "bad_csrf_token", "Missing or invalid csrf token"},
    refusal_row{operation::refusal::registration_closed, 403, "registration_closed", "Registration is closed"},
    refusal_row{operation::refusal::second_factor_needed, 403, "second_factor_needed",
                "The account needs a second factor, which cannot be asked for here"},
    refusal_row{operation::refusal::token_too_large, 403, "token_too_large",
                "The account has more roles than a browser can keep"},
    refusal_row{operation::refusal::email_unverified, 403, "email_unverified", "The e-mail must be verified first"},
    refusal_row{operation::refusal::recent_login_needed, 403, "recent_login_needed",
                "Log in again, or send currentPassword"},
    refusal_row{operation::refusal::bad_refresh_token, 403, "bad_refresh_token", "Invalid or expired refresh token"},
    refusal_row{operation::refusal::not_found, 404, "not_found", "Not found"},
    refusal_row{operation::refusal::factors_off, 404, "factors_off", "This site has no such second factors"},
    refusal_row{operation::refusal::offer_lost, 404, "offer_lost", "That took too long; begin again"},
    refusal_row{operation::refusal::mail_off, 404, "mail_off", "This site sends no mail"},
    refusal_row{operation::refusal::verification_off, 404, "verification_off",
                "This site does not ask anybody to verify an e-mail"},
    refusal_row{operation::refusal::method_not_allowed, 405, "method_not_allowed", "Method not allowed"},
    refusal_row{operation::refusal::email_taken, 409, "email_taken", "Email already exists"},
    refusal_row{operation::refusal::username_taken, 409, "username_taken", "Username already exists"},
    refusal_row{operation::refusal::already_logged_in, 409, "already_logged_in", "You are logged in already"},
    refusal_row{operation::refusal::last_factor, 409, "last_factor", "The last second factor cannot be removed"},
    refusal_row{operation::refusal::no_factor, 409, "no_factor", "Recovery codes need a second factor first"},
    refusal_row{operation::refusal::body_too_large, 413, "body_too_large", "The body is too large"},
    refusal_row{operation::refusal::unsupported_media_type, 415, "unsupported_media_type",
                "The body must be application/json"},
    refusal_row{operation::refusal::too_many_requests, 429, "too_many_requests", "Too many requests, try again later"},
    refusal_row{operation::refusal::internal, 500, "internal", "Internal server error"},
    refusal_row{operation::refusal::unavailable, 503, "unavailable", "The service is unavailable, try again later"},
    refusal_row{operation::refusal::busy, 503, "busy", "The server is busy, try again later"},
};

}  // namespace

const refusal_row& row_of(operation::refusal why) {
  const auto* row = std::ranges::find(refusals, why, &refusal_row::why);
  return row != refusals.end() ? *row : row_of(operation::refusal::internal);
}

wording wording_of(operation::refusal why, std::string_view path, std::span<const own_words> own) {
  for (const own_words& each : own) {
    if (each.why == why && (each.path.empty() || each.path == path)) return {each.status, each.message};
  }
  const refusal_row& row = row_of(why);
  return {row.status, row.message};
}

std::string_view message_of_status(const request& asked, const realm::settings& realm, int status) {
  if (status == 403 && is_cross_site(realm, asked)) return row_of(operation::refusal::cross_site).message;
  const bool has_many_reasons = status == 400 || status == 401 || status == 403 || status == 409;
  const auto* row = std::ranges::find(refusals, status, &refusal_row::status);
  return has_many_reasons || row == refusals.end() ? status_phrase(status) : row->message;
}

seconds retry_after(const operation::refused& rejection) {
  constexpr seconds a_queue_empties{1};
  constexpr seconds a_store_returns{5};
  if (rejection.why == operation::refusal::busy) return a_queue_empties;
  if (rejection.why == operation::refusal::unavailable) return a_store_returns;
  return rejection.retry_after;
}

}  // namespace gatehouse::dialect

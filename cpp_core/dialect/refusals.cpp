#include "dialect/refusals.h"

#include <algorithm>
#include <array>

namespace gatehouse::dialect {

namespace {

constexpr std::array refusals{
    refusal_row{operation::refusal::invalid_input, 400, "Validation failed"},
    refusal_row{operation::refusal::conflicting_credentials, 400, "The credentials are of different users"},
    refusal_row{operation::refusal::bad_credentials, 401, "Invalid credentials"},
    refusal_row{operation::refusal::missing_bearer, 401, "No access token provided"},
    refusal_row{operation::refusal::bad_bearer, 401, "Invalid or expired access token"},
    refusal_row{operation::refusal::cross_site, 403, "The request comes from another site"},
    refusal_row{operation::refusal::registration_closed, 403, "Registration is closed"},
    refusal_row{operation::refusal::recent_login_needed, 403, "Log in again, or send currentPassword"},
    refusal_row{operation::refusal::bad_refresh_token, 403, "Invalid or expired refresh token"},
    refusal_row{operation::refusal::not_found, 404, "Not found"},
    refusal_row{operation::refusal::method_not_allowed, 405, "Method not allowed"},
    refusal_row{operation::refusal::email_taken, 409, "Email already exists"},
    refusal_row{operation::refusal::body_too_large, 413, "The body is too large"},
    refusal_row{operation::refusal::unsupported_media_type, 415, "The body must be application/json"},
    refusal_row{operation::refusal::too_many_requests, 429, "Too many requests, try again later"},
    refusal_row{operation::refusal::internal, 500, "Internal server error"},
    refusal_row{operation::refusal::busy, 503, "The server is busy, try again later"},
    refusal_row{operation::refusal::unavailable, 503, "The service is unavailable, try again later"},
};

}  // namespace

const refusal_row& row_of(operation::refusal why) {
  const auto* row = std::ranges::find(refusals, why, &refusal_row::why);
  return row != refusals.end() ? *row : *row_of_status(500);
}

const refusal_row* row_of_status(int status) {
  const auto* row = std::ranges::find(refusals, status, &refusal_row::status);
  return row != refusals.end() ? row : nullptr;
}

}  // namespace gatehouse::dialect

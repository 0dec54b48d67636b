// What the dialect "jsonapi" answers: users in their envelope, and errors as AuthCompanion and the Fastify below it
// make them.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "dialect/dialect.h"
#include "jsonapi/jsonapi_body.h"

namespace gatehouse::dialect {

// Paths of routes whose answers are their own.
inline constexpr std::string_view jsonapi_register = "auth/register";
inline constexpr std::string_view jsonapi_login = "auth/login";
inline constexpr std::string_view jsonapi_profile = "auth/users/me";
inline constexpr std::string_view jsonapi_refresh = "auth/refresh";
inline constexpr std::string_view jsonapi_recovery = "auth/recovery";

inline constexpr std::string_view jsonapi_fingerprint = "Fgp";  // clients look whether it is there; it opens nothing
// The first two are one thing: so the document calls it, and so the program does.
inline constexpr std::array<std::string_view, 3> jsonapi_cookies{"refreshToken", "userRefreshToken",
                                                                 jsonapi_fingerprint};

envelope envelope_of(const route& matched);

// A body that no route wants is looked at all the same, by its type.
std::optional<response> refuse_jsonapi_media_type(const exchange& about);

response encode_jsonapi(const exchange& about, const operation::outcome& outcome);
response encode_jsonapi_status(const request& asked, const realm::settings& realm, int status);

}  // namespace gatehouse::dialect

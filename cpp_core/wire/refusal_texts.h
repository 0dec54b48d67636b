// The status and the English text of every refusal, for the dialects that follow plain HTTP.
#pragma once

#include <span>
#include <string_view>

#include "dialect/request.h"
#include "realm/settings.h"
#include "step/outcome.h"

namespace gatehouse::dialect {

struct refusal_row {
  operation::refusal why;
  int status;
  std::string_view name;     // of the enumerator: the key of its text in the pages' languages
  std::string_view message;  // in English
};

const refusal_row& row_of(operation::refusal why);
// A dialect's own status and message for a refusal.
struct own_words {
  operation::refusal why;
  std::string_view path;  // of the route; empty: any
  int status;
  std::string_view message;
};

struct wording {
  int status;
  std::string_view message;
};

// The status and message of the first row of the dialect's own that fits, else of the common table.
wording wording_of(operation::refusal why, std::string_view path, std::span<const own_words> own);

// Of a status that no operation gave: nginx's own, an unknown path, another site's page. Where it may have many
// reasons, nothing is known but its phrase.
std::string_view message_of_status(const request& asked, const realm::settings& realm, int status);

// When it is worth trying again; 0: whenever.
seconds retry_after(const operation::refused& rejection);

}  // namespace gatehouse::dialect

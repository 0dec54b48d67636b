// A JSON tree as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace gatehouse {

// What dump() gives, at a fraction of its cost: it looks at every byte of a text, of which nearly all need no escape.
// `on_bad_utf8` as in dump().
using bad_utf8 = nlohmann::json::error_handler_t;
std::string json_text(const nlohmann::json& value, bad_utf8 on_bad_utf8 = bad_utf8::strict);
std::string json_text(const nlohmann::ordered_json& value, bad_utf8 on_bad_utf8 = bad_utf8::strict);

}  // namespace gatehouse

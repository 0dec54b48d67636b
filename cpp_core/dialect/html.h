// The few pages of the browser's side, bare. Everything that a person typed is escaped.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::dialect {

// For text and for attribute values in double quotes.
std::string escape_html(std::string_view text);

// A form that posts to where it came from. `trouble`: what went wrong the last time, or nothing.
std::string form_page(std::string_view title, bool with_name, std::string_view trouble,
                      std::string_view return_address);

std::string message_page(std::string_view message);

}  // namespace gatehouse::dialect

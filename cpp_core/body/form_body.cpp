#include "body/form_body.h"

#include <algorithm>

#include "base/hex.h"
#include "base/text.h"
#include "body/fields.h"

namespace gatehouse::dialect {

bool is_urlencoded(std::string_view content_type) {
  return is_media_type(content_type, "application/x-www-form-urlencoded");
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(decoded) || decoded.find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

decoded decode_query(const route& matched, std::string_view query) {
  field_reader reader(matched);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const field* known = reader.find(percent_decode(pair.substr(0, equals)).value_or(""));
    if (known == nullptr || reader.has(*known)) continue;
    std::optional<std::string> value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (value && !value->empty()) reader.store(*known, std::move(*value));
  }
  return std::move(reader).finish();
}

decoded decode_form(const route& matched, std::string_view, std::string_view body) {
  field_reader reader(matched);
  while (!body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(pair.size() + 1, body.size()));
    const std::size_t equals = pair.find('=');
    const std::optional<std::string> name = percent_decode(pair.substr(0, equals));
    std::optional<std::string> value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value) return unusable_body("The form is not urlencoded UTF-8");
    const field* known = reader.find(*name);
    if (known == nullptr || value->empty()) continue;
    if (reader.has(*known)) return unusable_body("The form has \"" + *name + "\" twice");
    reader.store(*known, std::move(*value));
  }
  return std::move(reader).finish();
}

}  // namespace gatehouse::dialect

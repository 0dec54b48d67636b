#include "body/multipart_body.h"

#include <algorithm>

#include "base/text.h"
#include "body/fields.h"

namespace gatehouse::dialect {

namespace {

constexpr std::string_view line_end = "\r\n";

error malformed(std::string what) { return {fault::invalid, std::move(what)}; }

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Not empty, and of letters, digits and these.
bool is_made_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [others](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) { return is_made_of(text, "!#$%&'*+-.^_`|~"); }

// RFC 2046 §5.1.1: bcharsnospace, and spaces but at the end.
bool is_boundary(std::string_view text) {
  return is_made_of(text, "'()+_,-./:=? ") && text.size() <= most_boundary_bytes && text.back() != ' ';
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

struct parameter {
  std::string_view name;
  std::string_view value;  // without the quotes
  bool quoted = false;
};

// What follows the first word of a header: `; name=value; name="value"`. nullopt: it is not of that form. Neither
// browsers nor curl escape anything by a backslash, so a value with one is refused rather than guessed at.
std::optional<std::vector<parameter>> parameters_of(std::string_view text) {
  std::vector<parameter> found;
  while (!(text = trimmed(text)).empty()) {
    if (!text.starts_with(';')) return std::nullopt;
    text = trimmed(text.substr(1));
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_token(text.substr(0, equals))) return std::nullopt;
    parameter each;
    each.name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    each.quoted = text.starts_with('"');
    if (each.quoted) {
      const std::size_t end = text.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      each.value = text.substr(1, end - 1);
      if (each.value.find('\\') != std::string_view::npos) return std::nullopt;
      text.remove_prefix(end + 1);
    } else {
      each.value = text.substr(0, text.find_first_of("; \t"));
      if (!is_token(each.value)) return std::nullopt;
      text.remove_prefix(each.value.size());
    }
    found.push_back(each);
  }
  return found;
}

std::string_view first_word(std::string_view text) { return trimmed(text.substr(0, text.find(';'))); }

std::optional<std::vector<parameter>> parameters_after_first_word(std::string_view text) {
  const std::size_t begin = text.find(';');
  return parameters_of(begin == std::string_view::npos ? "" : text.substr(begin));
}

std::optional<std::string_view> boundary_of(std::string_view content_type) {
  const auto all = parameters_after_first_word(content_type);
  if (!all) return std::nullopt;
  std::optional<std::string_view> boundary;
  for (const parameter& each : *all) {
    if (!equal_ignoring_case(each.name, "boundary")) continue;
    if (boundary || !is_boundary(each.value)) return std::nullopt;
    boundary = each.value;
  }
  return boundary;
}

// The name in a Content-Disposition (RFC 7578 §4.2).
result<std::string_view> name_in(std::string_view disposition) {
  const auto all = parameters_after_first_word(disposition);
  if (!all || !equal_ignoring_case(first_word(disposition), "form-data"))
    return malformed("A part of the form has no usable Content-Disposition");
  std::optional<std::string_view> name;
  for (const parameter& each : *all) {
    if (equal_ignoring_case(each.name, "filename") || equal_ignoring_case(each.name, "filename*"))
      return malformed("A file cannot be sent here");
    if (name || !equal_ignoring_case(each.name, "name") || !each.quoted || each.value.empty())
      return malformed("A part of the form has no usable Content-Disposition");
    name = each.value;
  }
  if (!name) return malformed("A part of the form has no name");
  return *name;
}

// RFC 7578 §4.4 and §4.7.
status check_type(std::string_view content_type) {
  const auto all = parameters_after_first_word(content_type);
  if (!all || !equal_ignoring_case(first_word(content_type), "text/plain"))
    return malformed("A part of the form is not text/plain");
  for (const parameter& each : *all) {
    if (!equal_ignoring_case(each.name, "charset")) continue;
    if (!equal_ignoring_case(each.value, "utf-8") && !equal_ignoring_case(each.value, "us-ascii"))
      return malformed("A part of the form is not in UTF-8");
  }
  return done{};
}

status check_encoding(std::string_view encoding) {
  for (const std::string_view identity : {"7bit", "8bit", "binary"}) {
    if (equal_ignoring_case(encoding, identity)) return done{};
  }
  return malformed("A part of the form has a Content-Transfer-Encoding");
}

// From the header lines of a part, each with its CRLF, to its name.
result<std::string_view> read_headers(std::string_view lines) {
  std::optional<std::string_view> name;
  bool has_type = false;
  bool has_encoding = false;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find(line_end));
    lines.remove_prefix(line.size() + line_end.size());
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || has_control_character(line))
      return malformed("A part of the form has a malformed header");
    const std::string_view header = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    const bool is_disposition = equal_ignoring_case(header, "Content-Disposition");
    const bool is_type = equal_ignoring_case(header, "Content-Type");
    const bool is_encoding = equal_ignoring_case(header, "Content-Transfer-Encoding");
    if ((is_disposition && name) || (is_type && has_type) || (is_encoding && has_encoding))
      return malformed("A part of the form has a header twice");
    if (is_disposition) {
      const result<std::string_view> read = name_in(value);
      if (!read) return read.failure();
      name = *read;
    }
    status checked = done{};
    if (is_type) checked = check_type(value);
    if (is_encoding) checked = check_encoding(value);
    if (!checked) return checked.failure();
    has_type = has_type || is_type;
    has_encoding = has_encoding || is_encoding;
  }
  if (!name) return malformed("A part of the form has no name");
  return *name;
}

}  // namespace

bool is_multipart(std::string_view content_type) { return is_media_type(content_type, "multipart/form-data"); }

result<std::vector<form_part>> split_multipart(std::string_view content_type, std::string_view body) {
  const std::optional<std::string_view> boundary = boundary_of(content_type);
  if (!boundary) return malformed("The Content-Type has no usable boundary");
  const std::string delimiter = "\r\n--" + std::string(*boundary);

  if (!body.starts_with(std::string_view(delimiter).substr(line_end.size())))
    return malformed("The form does not begin with its boundary");
  body.remove_prefix(delimiter.size() - line_end.size());

  std::vector<form_part> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with(line_end)) return malformed("A line of the form begins like its boundary");
    body.remove_prefix(line_end.size());
    if (parts.size() == most_parts) return malformed("The form has too many parts");

    const std::size_t header_end = body.substr(0, most_part_header_bytes).find("\r\n\r\n");
    if (header_end == std::string_view::npos) return malformed("A part of the form has no end of its headers");
    const result<std::string_view> name = read_headers(body.substr(0, header_end + line_end.size()));
    if (!name) return name.failure();
    body.remove_prefix(header_end + line_end.size());

    // From the empty line on: its CRLF is not the delimiter's too, as RFC 2046 would have it of a part without a body.
    const std::size_t end = body.find(delimiter);
    if (end == std::string_view::npos || end == 0) return malformed("A part of the form has no end");
    const std::string_view value = body.substr(line_end.size(), end - line_end.size());
    if (!is_utf8(value) || value.find('\0') != std::string_view::npos)
      return malformed("A part of the form is not in UTF-8");
    parts.push_back({*name, value});
    body.remove_prefix(end + delimiter.size());
  }
  body.remove_prefix(2);
  if (!body.empty() && body != line_end) return malformed("Something follows the end of the form");
  if (parts.empty()) return malformed("The form has no parts");
  return parts;
}

decoded decode_multipart(const route& matched, std::string_view content_type, std::string_view body) {
  const result<std::vector<form_part>> parts = split_multipart(content_type, body);
  if (!parts) return unusable_body(parts.failure().what);
  field_reader reader(matched);
  for (const form_part& each : *parts) {
    const field* known = reader.find(each.name);
    if (known == nullptr || each.value.empty()) continue;
    if (reader.has(*known)) return unusable_body("The form has \"" + std::string(each.name) + "\" twice");
    reader.store(*known, std::string(each.value));
  }
  return std::move(reader).finish();
}

}  // namespace gatehouse::dialect

// multipart/form-data (RFC 7578, over RFC 2046 §5.1), as browsers and curl send it, read by the route's field table.
// Strict: what they never send is refused, so that no other reader could see other fields in the same bytes. That is a
// preamble or an epilogue, folded or repeated part headers, unquoted names, and another part inside a part.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/dialect.h"

namespace gatehouse::dialect {

inline constexpr std::size_t most_parts = 32;
inline constexpr std::size_t most_part_header_bytes = 1024;  // of all headers of a part
inline constexpr std::size_t most_boundary_bytes = 70;       // RFC 2046 §5.1.1

// With any parameters.
bool is_multipart(std::string_view content_type);

struct form_part {
  std::string_view name;   // as between the quotes
  std::string_view value;  // UTF-8 without a NUL; it points into the body
};

// fault::invalid with a sentence for the client, which repeats nothing of the body. A file, or anything but text in
// UTF-8, is an error.
result<std::vector<form_part>> split_multipart(std::string_view content_type, std::string_view body);

// As decode_form(): a field that comes twice is refused, names that the table does not have are ignored, a field sent
// empty is absent.
decoded decode_multipart(const route& matched, std::string_view content_type, std::string_view body);

}  // namespace gatehouse::dialect

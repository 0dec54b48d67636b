#include "password/phc_string.h"

#include <sodium.h>

#include <charconv>
#include <optional>

#include "password/base64.h"

namespace gatehouse::password {

namespace {

constexpr int base64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
constexpr std::size_t most_part_bytes = 64;  // of a salt or a hash

error malformed(std::string_view what) { return {fault::internal, std::string(what)}; }

bool skip(std::string_view& rest, std::string_view word) {
  if (!rest.starts_with(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

std::optional<std::uint32_t> take_number(std::string_view& rest) {
  std::uint32_t number = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (read.ec != std::errc() || rest.front() == '0') return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  return number;
}

// `name` and a number of 1 or more.
std::optional<std::uint32_t> take_field(std::string_view& rest, std::string_view name) {
  if (!skip(rest, name)) return std::nullopt;
  return take_number(rest);
}

std::string encode(const std::string& bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), base64), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    base64);
  text.pop_back();  // the NUL
  return text;
}

}  // namespace

result<phc_string> parse_phc(std::string_view text) {
  phc_string parts;
  if (skip(text, "$argon2i$")) {
    parts.kind = phc_string::variant::argon2i;
  } else if (!skip(text, "$argon2id$")) {
    return malformed("it is neither argon2id nor argon2i");
  }
  if (!skip(text, "v=19$")) return malformed("its Argon2 version is not 19");

  const std::optional<std::uint32_t> memory_kib = take_field(text, "m=");
  const std::optional<std::uint32_t> iterations = take_field(text, ",t=");
  const std::optional<std::uint32_t> lanes = take_field(text, ",p=");
  if (!memory_kib || !iterations || !lanes || !skip(text, "$")) return malformed("its parameters cannot be read");
  parts.cost = {std::size_t{*memory_kib} * 1024, *iterations};
  parts.lanes = *lanes;
  if (!is_computable(parts.cost) || parts.lanes > *memory_kib / 8) {  // RFC 9106: at least 8 KiB a lane
    return malformed("its parameters are out of bounds: m=" + std::to_string(*memory_kib) +
                     ",t=" + std::to_string(*iterations) + ",p=" + std::to_string(*lanes));
  }

  const std::size_t end_of_salt = text.find('$');
  if (end_of_salt == std::string_view::npos) return malformed("it has a salt or a hash, but not both");
  std::optional<std::string> salt = decode_base64(text.substr(0, end_of_salt), padding::absent, most_part_bytes);
  std::optional<std::string> hash = decode_base64(text.substr(end_of_salt + 1), padding::absent, most_part_bytes);
  if (!salt || salt->size() < 8) return malformed("its salt is not 8 to 64 bytes in base64");
  if (!hash || hash->size() < 16) return malformed("its hash is not 16 to 64 bytes in base64");
  parts.salt = std::move(*salt);
  parts.hash = std::move(*hash);
  return parts;
}

std::string format_phc(const phc_string& parts) {
  const std::string_view kind = parts.kind == phc_string::variant::argon2id ? "argon2id" : "argon2i";
  return "$" + std::string(kind) + "$v=19$m=" + std::to_string(parts.cost.memory / 1024) +
         ",t=" + std::to_string(parts.cost.iterations) + ",p=" + std::to_string(parts.lanes) + "$" +
         encode(parts.salt) + "$" + encode(parts.hash);
}

}  // namespace gatehouse::password

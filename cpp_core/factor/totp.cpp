#include "factor/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/evp.h"
#include "base/random.h"
#include "factor/base32.h"

namespace gatehouse::factor {

namespace {

constexpr std::size_t secret_bytes = 20;
constexpr std::uint32_t modulus = 1'000'000;  // of as many digits

std::string digits_in(std::string_view typed) {
  std::string digits;
  std::ranges::copy_if(typed, std::back_inserter(digits), [](char c) { return c != ' '; });
  return digits;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// RFC 3986 §2.1. Apps show a "+" as it is, so a space is %20.
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded.append("%") += "0123456789ABCDEF"[byte >> 4];
      encoded += "0123456789ABCDEF"[byte & 15];
    }
  }
  return encoded;
}

}  // namespace

secret new_totp_secret() {
  std::array<char, secret_bytes> drawn{};
  random_bytes(std::as_writable_bytes(std::span(drawn)));
  secret key({drawn.data(), drawn.size()});
  OPENSSL_cleanse(drawn.data(), drawn.size());
  return key;
}

std::int64_t totp_step(unix_seconds time) { return time / totp_period.count(); }

std::string totp_code(const secret& key, std::int64_t step) {
  const evp_errors_dropped errors;
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (8 * (counter.size() - 1 - i)));
  }
  std::array<unsigned char, 20> mac{};
  unsigned length = 0;
  const std::string_view bytes = key.reveal();
  const unsigned char* made = HMAC(EVP_sha1(), bytes.data(), static_cast<int>(bytes.size()), counter.data(),
                                   counter.size(), mac.data(), &length);
  if (made == nullptr || length != mac.size()) throw std::runtime_error("libcrypto failed to compute a TOTP code");

  const std::size_t offset = mac.back() & 15;  // dynamic truncation
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | mac[offset + i];
  std::string code = std::to_string((number & 0x7fffffff) % modulus);
  return code.insert(0, totp_digits - code.size(), '0');
}

bool is_totp_code(std::string_view typed) {
  const std::string digits = digits_in(typed);
  return digits.size() == totp_digits && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> totp_match(const secret& key, std::string_view typed, unix_seconds now) {
  if (!is_totp_code(typed)) return std::nullopt;
  const std::string digits = digits_in(typed);
  std::optional<std::int64_t> fitting;
  for (std::int64_t step = totp_step(now) - 1; step <= totp_step(now) + 1;
       ++step) {  // none is left out: REQUIREMENTS 18
    if (same_bytes(totp_code(key, step), digits)) fitting = step;
  }
  return fitting;
}

secret totp_key_text(const secret& key) {
  std::string text = base32_encode(key.reveal());
  secret kept(text);
  OPENSSL_cleanse(text.data(), text.size());
  return kept;
}

secret otpauth_uri(std::string_view issuer, std::string_view account, const secret& key) {
  std::string uri = "otpauth://totp/" + percent_encoded(issuer) + ":" + percent_encoded(account) + "?secret=";
  uri.append(totp_key_text(key).reveal()).append("&issuer=").append(percent_encoded(issuer));
  secret kept(uri);
  OPENSSL_cleanse(uri.data(), uri.size());
  return kept;
}

}  // namespace gatehouse::factor

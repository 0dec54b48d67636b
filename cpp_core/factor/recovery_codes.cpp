#include "factor/recovery_codes.h"

#include <array>
#include <cstddef>

#include "base/hex.h"
#include "base/random.h"
#include "base/sha256.h"
#include "factor/base32.h"

namespace gatehouse::factor {

namespace {

constexpr std::size_t code_bytes = 10;
constexpr std::size_t code_length = 16;
constexpr std::size_t group = 4;

secret new_code() {
  std::array<char, code_bytes> drawn{};
  random_bytes(std::as_writable_bytes(std::span(drawn)));
  std::string text = base32_encode({drawn.data(), drawn.size()}, crockford_alphabet);
  for (std::size_t at = code_length - group; at > 0; at -= group) text.insert(at, "-");
  secret code(text);
  OPENSSL_cleanse(text.data(), text.size());
  OPENSSL_cleanse(drawn.data(), drawn.size());
  return code;
}

char canonical(char typed) {
  const char c = typed >= 'a' && typed <= 'z' ? static_cast<char>(typed - 'a' + 'A') : typed;
  if (c == 'O') return '0';
  return c == 'I' || c == 'L' ? '1' : c;
}

}  // namespace

std::vector<secret> new_recovery_codes() {
  std::vector<secret> codes(recovery_code_count);
  for (secret& code : codes) code = new_code();
  return codes;
}

std::optional<secret> read_recovery_code(std::string_view typed) {
  constexpr std::size_t longest = 64;
  if (typed.size() > longest) return std::nullopt;
  std::string text;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    if (crockford_alphabet.find(canonical(c)) == std::string_view::npos) return std::nullopt;
    text += canonical(c);
  }
  if (text.size() != code_length) return std::nullopt;
  secret code(text);
  OPENSSL_cleanse(text.data(), text.size());
  return code;
}

std::string hash_recovery_code(std::string_view user_id, const secret& code) {
  std::string input = "gatehouse recovery code of " + std::string(user_id) + ": ";
  input.append(code.reveal());
  const sha256_digest digest = sha256_hasher()(input);
  OPENSSL_cleanse(input.data(), input.size());
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::vector<std::string> hash_recovery_codes(std::string_view user_id, const std::vector<secret>& codes) {
  std::vector<std::string> hashes;
  for (const secret& code : codes) hashes.push_back(hash_recovery_code(user_id, *read_recovery_code(code.reveal())));
  return hashes;
}

}  // namespace gatehouse::factor

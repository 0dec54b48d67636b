#include "password/md5_hash.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/evp.h"
#include "base/secret.h"

namespace gatehouse::password {

namespace {

constexpr std::string_view digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// Where libcrypto may not compute MD5 (FIPS mode), each of the hashes is one that cannot be verified.
class md5_hasher {
 public:
  md5_hasher() : algorithm_(EVP_MD_fetch(nullptr, "MD5", nullptr)), context_(EVP_MD_CTX_new()) {}

  bool ready() const { return algorithm_ && context_; }

  std::string operator()(std::initializer_list<std::string_view> parts) {
    std::string digest(16, '\0');
    EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr);
    for (const std::string_view part : parts) EVP_DigestUpdate(context_.get(), part.data(), part.size());
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
  }

 private:
  evp_md algorithm_;
  evp_md_context context_;
};

error no_md5() { return {fault::internal, "libcrypto refuses to compute MD5"}; }

// The bytes at `places`, the first one the lowest, in base 64 with the lowest digit first.
void append_digits(std::string& text, std::string_view bytes, std::initializer_list<std::size_t> places) {
  std::uint32_t value = 0;
  std::uint32_t shift = 0;
  for (const std::size_t place : places) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[place])} << shift;
    shift += 8;
  }
  for (std::uint32_t bits = 0; bits < shift; bits += 6, value >>= 6) text += digits[value & 63];
}

// Poul-Henning Kamp's algorithm, down to its quirks.
std::string md5_crypt(md5_hasher& md5, std::string_view password, std::string_view magic, std::string_view salt) {
  const std::string other = md5({password, salt, password});
  std::string first(password);
  first.append(magic).append(salt);
  for (std::size_t left = password.size(); left > 0; left -= std::min(left, other.size())) {
    first.append(other, 0, left);
  }
  for (std::size_t bits = password.size(); bits > 0; bits >>= 1) first += (bits & 1) != 0 ? '\0' : password.front();
  std::string sum = md5({first});
  OPENSSL_cleanse(first.data(), first.size());

  constexpr int rounds = 1000;
  for (int i = 0; i < rounds; ++i) {
    const bool odd = i % 2 != 0;
    sum = md5({odd ? password : sum, i % 3 != 0 ? salt : "", i % 7 != 0 ? password : "", odd ? sum : password});
  }
  std::string text;
  append_digits(text, sum, {12, 6, 0});
  append_digits(text, sum, {13, 7, 1});
  append_digits(text, sum, {14, 8, 2});
  append_digits(text, sum, {15, 9, 3});
  append_digits(text, sum, {5, 10, 4});
  append_digits(text, sum, {11});
  return text;
}

}  // namespace

result<bool> apr1_hash_matches(const secret& password, const std::string& stored) {
  constexpr std::string_view magic = "$apr1$";
  constexpr std::size_t most_salt = 8;
  constexpr std::size_t hash_digits = 22;
  const std::string_view rest = std::string_view(stored).substr(magic.size());
  const std::size_t salt_size = rest.find('$');
  if (salt_size > most_salt || rest.size() != salt_size + 1 + hash_digits) {
    return error{fault::internal, "its salt or its hash has not the length that $apr1$ has"};
  }
  const evp_errors_dropped errors;
  md5_hasher md5;
  if (!md5.ready()) return no_md5();
  const std::string hash = md5_crypt(md5, password.reveal(), magic, rest.substr(0, salt_size));
  return same_bytes(hash, rest.substr(salt_size + 1));
}

result<bool> phpass_hash_matches(const secret& password, const std::string& stored) {
  constexpr std::size_t before_cost = 3;
  constexpr std::size_t salt_size = 8;
  constexpr std::size_t whole_size = 34;
  const std::size_t cost = stored.size() == whole_size ? digits.find(stored[before_cost]) : std::string_view::npos;
  if (cost < 7 || cost > 20) {  // 2 to that power rounds; 20 is half a second
    return error{fault::internal, "its length is not that of phpass, or its cost is out of bounds"};
  }
  const evp_errors_dropped errors;
  md5_hasher md5;
  if (!md5.ready()) return no_md5();
  const std::string_view salt = std::string_view(stored).substr(before_cost + 1, salt_size);
  std::string sum = md5({salt, password.reveal()});
  for (std::size_t left = std::size_t{1} << cost; left > 0; --left) sum = md5({sum, password.reveal()});

  std::string text;
  for (std::size_t i = 0; i + 3 <= sum.size(); i += 3) append_digits(text, sum, {i, i + 1, i + 2});
  append_digits(text, sum, {15});
  return same_bytes(text, std::string_view(stored).substr(before_cost + 1 + salt_size));
}

}  // namespace gatehouse::password

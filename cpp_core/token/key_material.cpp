#include "token/key_material.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace gatehouse::token {

namespace {

constexpr std::size_t curve_bytes = 32;  // of a coordinate and of a private key, on both curves
constexpr int least_rsa_bits = 2048;     // RFC 7518 §3.3
constexpr int most_rsa_bits = 8192;      // a verification with a larger one would hold up the worker

using parameter_builder = std::unique_ptr<OSSL_PARAM_BLD, evp_free<OSSL_PARAM_BLD_free>>;
using parameter_list = std::unique_ptr<OSSL_PARAM, evp_free<OSSL_PARAM_free>>;

void require_read(bool succeeded) {
  if (!succeeded) throw std::runtime_error("libcrypto failed to read a token key");
}

evp_number public_number(std::string_view big_endian) {
  evp_number number(BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
  require_read(number != nullptr);
  return number;
}

// A "secure" number: what libcrypto copies of it is wiped.
evp_number private_number(const secret& big_endian) {
  evp_number number(BN_secure_new());
  const std::string_view bytes = big_endian.reveal();
  require_read(number && BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), number.get()) != nullptr);
  return number;
}

evp_number small_number(unsigned long value) {
  evp_number number(BN_new());
  require_read(number && BN_set_word(number.get(), value) == 1);
  return number;
}

// Null: libcrypto finds the numbers unusable.
evp_key build(const char* type, OSSL_PARAM_BLD* builder, int selection) {
  const parameter_list parameters(OSSL_PARAM_BLD_to_param(builder));
  const evp_key_context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  require_read(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) return nullptr;
  return evp_key(key);
}

bool is_sound(const evp_key& key, bool is_pair) {
  const evp_key_context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  require_read(context != nullptr);
  return (is_pair ? EVP_PKEY_check(context.get()) : EVP_PKEY_public_check(context.get())) == 1;
}

// Is there an x for the y that `encoded` holds (RFC 8032 §5.1.3)? libcrypto looks only when it verifies, and then
// every token would be refused without a word why. x² = (y² - 1) / (d·y² + 1) with d = -121665/121666, modulo
// p = 2²⁵⁵ - 19; that is a square if (y² - 1)·(121666 - 121665·y²)·121666 is one, by Euler's criterion (as a Kronecker
// symbol).
bool is_on_edwards_curve(std::string_view encoded) {
  std::string big_endian(encoded.rbegin(), encoded.rend());
  big_endian[0] = static_cast<char>(big_endian[0] & 0x7f);  // the sign of x
  const evp_number y = public_number(big_endian);

  const evp_number_context scratch(BN_CTX_new());
  evp_number p(BN_new()), y2(BN_new()), numerator(BN_new()), denominator(BN_new()), product(BN_new());
  require_read(scratch && p && y2 && numerator && denominator && product);
  const evp_number one = small_number(1), nineteen = small_number(19);
  const evp_number c121665 = small_number(121665), c121666 = small_number(121666);
  BN_CTX* const ctx = scratch.get();

  require_read(BN_lshift(p.get(), one.get(), 255) && BN_sub(p.get(), p.get(), nineteen.get()));
  if (BN_cmp(y.get(), p.get()) >= 0) return false;  // one encoding for each point
  require_read(BN_mod_sqr(y2.get(), y.get(), p.get(), ctx) &&
               BN_mod_sub(numerator.get(), y2.get(), one.get(), p.get(), ctx) &&
               BN_mod_mul(denominator.get(), y2.get(), c121665.get(), p.get(), ctx) &&
               BN_mod_sub(denominator.get(), c121666.get(), denominator.get(), p.get(), ctx) &&
               BN_mod_mul(product.get(), numerator.get(), denominator.get(), p.get(), ctx) &&
               BN_mod_mul(product.get(), product.get(), c121666.get(), p.get(), ctx));
  // 0 is y = ±1, the points of order 1 and 2: on the curve, but a key that anybody can sign with.
  return BN_kronecker(product.get(), p.get(), ctx) == 1;
}

// Was the modulus made by the chips whose keys can be factored (ROCA, CVE-2017-15361)? Both of its primes, and so
// itself, are a power of 65537 modulo each small prime. Of other keys one in 2^28 is, by chance.
bool has_roca_form(const BIGNUM* modulus) {
  constexpr std::array<BN_ULONG, 38> small_primes{3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                                  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                                  107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  return std::ranges::all_of(small_primes, [modulus](BN_ULONG prime) {
    const BN_ULONG remainder = BN_mod_word(modulus, prime);
    BN_ULONG power = 1;
    do {
      if (power == remainder) return true;
      power = power * 65537 % prime;
    } while (power != 1);
    return false;
  });
}

}  // namespace

result<evp_key> ed25519_key(const ed25519_numbers& numbers) {
  const evp_errors_dropped errors;
  if (numbers.x.size() != curve_bytes) return invalid("\"x\" of an Ed25519 key must be 32 bytes");
  if (!is_on_edwards_curve(numbers.x)) return invalid("\"x\" is not a point on the curve; copy the key again");
  if (numbers.d.empty()) {
    evp_key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, octets(numbers.x), curve_bytes));
    require_read(key != nullptr);
    return key;
  }

  if (numbers.d.size() != curve_bytes) return invalid("\"d\" of an Ed25519 key must be 32 bytes");
  evp_key key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, octets(numbers.d.reveal()), curve_bytes));
  require_read(key != nullptr);
  std::string derived(curve_bytes, '\0');
  std::size_t size = derived.size();
  require_read(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(derived.data()), &size) == 1);
  if (derived != numbers.x) return invalid("\"d\" does not belong to \"x\"; copy the key again");
  return key;
}

result<evp_key> p256_key(const p256_numbers& numbers) {
  const evp_errors_dropped errors;
  if (numbers.x.size() != curve_bytes || numbers.y.size() != curve_bytes) {
    return invalid("\"x\" and \"y\" of a P-256 key must be 32 bytes each");
  }
  const bool is_pair = !numbers.d.empty();
  if (is_pair && numbers.d.size() != curve_bytes) return invalid("\"d\" of a P-256 key must be 32 bytes");

  const std::string point = '\x04' + numbers.x + numbers.y;  // uncompressed (SEC 1 §2.3.3)
  const parameter_builder builder(OSSL_PARAM_BLD_new());
  require_read(builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
               OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) ==
                   1);
  evp_number d;
  if (is_pair) {
    d = private_number(numbers.d);
    require_read(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get()) == 1);
  }

  evp_key key = build("EC", builder.get(), is_pair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
  if (!key || !is_sound(key, false)) return invalid("\"x\" and \"y\" are not a point on the curve; copy the key again");
  if (is_pair && !is_sound(key, true)) return invalid("\"d\" does not belong to \"x\" and \"y\"; copy the key again");
  return key;
}

result<evp_key> rsa_key(const rsa_numbers& numbers) {
  const evp_errors_dropped errors;
  const bool is_pair = !numbers.d.empty();
  const parameter_builder builder(OSSL_PARAM_BLD_new());
  require_read(builder != nullptr);

  std::vector<evp_number> alive;  // the builder only points to them
  const auto push = [&](const char* name, evp_number number) {
    require_read(OSSL_PARAM_BLD_push_BN(builder.get(), name, number.get()) == 1);
    alive.push_back(std::move(number));
  };
  push(OSSL_PKEY_PARAM_RSA_N, public_number(numbers.n));
  push(OSSL_PKEY_PARAM_RSA_E, public_number(numbers.e));
  const int bits = BN_num_bits(alive.front().get());
  if (bits < least_rsa_bits || bits > most_rsa_bits) {
    return invalid("an RSA key must have 2048 to 8192 bits, and this one has " + std::to_string(bits) +
                   "; make a new one");
  }
  if (has_roca_form(alive.front().get())) {
    return invalid(
        "the RSA key is of the kind that can be computed from its public half (ROCA, CVE-2017-15361); make a "
        "new one with OpenSSL");
  }
  if (is_pair) {
    push(OSSL_PKEY_PARAM_RSA_D, private_number(numbers.d));
    push(OSSL_PKEY_PARAM_RSA_FACTOR1, private_number(numbers.p));
    push(OSSL_PKEY_PARAM_RSA_FACTOR2, private_number(numbers.q));
    push(OSSL_PKEY_PARAM_RSA_EXPONENT1, private_number(numbers.dp));
    push(OSSL_PKEY_PARAM_RSA_EXPONENT2, private_number(numbers.dq));
    push(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, private_number(numbers.qi));
  }

  evp_key key = build("RSA", builder.get(), is_pair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
  if (!key || !is_sound(key, false)) return invalid("\"n\" and \"e\" are not a usable RSA key; copy the key again");
  if (is_pair && !is_sound(key, true)) {
    return invalid("the private members of the RSA key do not belong to \"n\" and \"e\"; copy the key again");
  }
  return key;
}

}  // namespace gatehouse::token

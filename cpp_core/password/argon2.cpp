#include "password/argon2.h"

#include <sodium.h>

#include <string>

namespace gatehouse::password {

namespace {

constexpr std::size_t salt_bytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t hash_bytes = 32;

// sodium_init() may be called by any thread and more than once; without it the slowest code would be chosen.
bool sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

error no_sodium() { return {fault::internal, "libsodium cannot be initialised: no source of randomness"}; }

error no_memory(const parameters& cost) {
  return {fault::unavailable,
          "no memory for a password hash: " + std::to_string(cost.memory >> 10) + " KiB were asked"};
}

// False: no memory; nothing else can fail once the parameters are computable.
bool compute(const secret& password, const parameters& cost, const std::string& salt, std::string& hash) {
  const std::string_view bytes = password.reveal();
  return crypto_pwhash_argon2id(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), bytes.data(), bytes.size(),
                                reinterpret_cast<const unsigned char*>(salt.data()), cost.iterations, cost.memory,
                                crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0;
}

}  // namespace

result<phc_string> argon2_hash(const secret& password, const parameters& cost) {
  if (!sodium_is_ready()) return no_sodium();
  phc_string hash;
  hash.cost = cost;
  hash.salt = random_bytes(salt_bytes);
  hash.hash.resize(hash_bytes);
  if (!compute(password, cost, hash.salt, hash.hash)) return no_memory(cost);
  return hash;
}

result<bool> argon2_matches(const secret& password, const phc_string& stored) {
  if (!sodium_is_ready()) return no_sodium();
  const bool is_ours = stored.kind == phc_string::variant::argon2id && stored.lanes == 1;
  if (!is_ours || stored.salt.size() != salt_bytes) {
    // What libsodium only verifies as a string. There it reports a lack of memory as a wrong password, hence not
    // always.
    const std::string_view bytes = password.reveal();
    return crypto_pwhash_str_verify(format_phc(stored).c_str(), bytes.data(), bytes.size()) == 0;
  }
  std::string hash(stored.hash.size(), '\0');
  if (!compute(password, stored.cost, stored.salt, hash)) return no_memory(stored.cost);
  return sodium_memcmp(hash.data(), stored.hash.data(), hash.size()) == 0;
}

bool argon2_is_current(const phc_string& stored, const parameters& cost) {
  return stored.kind == phc_string::variant::argon2id && stored.cost == cost && stored.lanes == 1 &&
         stored.salt.size() == salt_bytes && stored.hash.size() == hash_bytes;
}

phc_string argon2_decoy(const parameters& cost) {
  phc_string hash;
  hash.cost = cost;
  hash.salt = random_bytes(salt_bytes);
  hash.hash = random_bytes(hash_bytes);
  return hash;
}

}  // namespace gatehouse::password

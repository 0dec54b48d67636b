#include "password/imported_hash.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "password/crypt_hash.h"
#include "password/digest_hash.h"
#include "password/md5_hash.h"

namespace gatehouse::password {

namespace {

struct kind {
  std::string_view prefix;
  result<bool> (*matches)(const secret& password, const std::string& stored);
};

constexpr std::array kinds{
    kind{"$2a$", crypt_hash_matches},     kind{"$2b$", crypt_hash_matches},
    kind{"$2y$", crypt_hash_matches},     kind{"$5$", crypt_hash_matches},
    kind{"$6$", crypt_hash_matches},      kind{"$y$", crypt_hash_matches},
    kind{"$gy$", crypt_hash_matches},     kind{"$1$", crypt_hash_matches},
    kind{"$apr1$", apr1_hash_matches},    kind{"$P$", phpass_hash_matches},
    kind{"$H$", phpass_hash_matches},     kind{"{SHA}", ldap_hash_matches},
    kind{"{SSHA}", ldap_hash_matches},    kind{"{SSHA256}", ldap_hash_matches},
    kind{"{SSHA512}", ldap_hash_matches}, kind{"pbkdf2_sha256$", django_hash_matches},
};

}  // namespace

result<bool> imported_hash_matches(const secret& password, const std::string& stored) {
  const auto* found =
      std::ranges::find_if(kinds, [&](const kind& each) { return std::string_view(stored).starts_with(each.prefix); });
  if (found == kinds.end()) return error{fault::internal, "it is of no kind that can be verified"};
  return found->matches(password, stored);
}

}  // namespace gatehouse::password

#include "realm/advice.h"

namespace gatehouse::realm {

std::vector<std::string> advice_on(const settings& realm, const std::set<std::string, std::less<>>& given) {
  std::vector<std::string> all;
  const auto add = [&](std::string what) { all.push_back("realm \"" + realm.name + "\": " + std::move(what)); };
  const bool may_register = realm.registration != registration::closed;

  if (realm.verify_email != verify_email::off && !realm.smtp && may_register) {
    add(std::string("the e-mail of who registers can never be verified without smtp, so it is no identity") +
        (realm.remote_user == gate::remote_user::email ? " and applications get no Remote-User" : "") +
        "; write smtp, or \"registration closed\" and create users by SQL, or \"remote_user id\"");
  }
  if (realm.verify_email == verify_email::off && realm.registration == registration::domain) {
    add("\"registration domain=\" keeps nobody out with \"verify_email off\", as anybody can type such an address; "
        "write "
        "verify_email on;");
  }
  if (realm.remote_user == gate::remote_user::email && realm.verify_email == verify_email::off && may_register) {
    add("with \"verify_email off\" anybody can register an address that is not his, and be Remote-User by it; write "
        "verify_email on; or remote_user id;");
  }
  if (!realm.smtp) {
    for (const char* of_mail :
         {"mails", "notices", "verify_lifetime", "reset_lifetime", "limit_mails", "jsonapi_recovery_url"}) {
      if (given.contains(of_mail)) add("\"" + std::string(of_mail) + "\" does nothing without smtp");
    }
  }
  if (realm.mfa == mfa::optional && !realm.offers_totp()) {
    add("nobody can get an authenticator app without a key for its secret; add a \"kty\":\"oct\" with \"use\":"
        "\"gatehouse-data\" and 32 bytes to the file of \"keys\"");
  }
  for (const char* of_mfa : {"mfa_remember", "mfa_exempt"}) {
    if (realm.mfa == mfa::off && given.contains(of_mfa)) {
      add("\"" + std::string(of_mfa) + "\" does nothing with \"mfa off\"");
    }
  }
  if (realm.mfa != mfa::required && given.contains("mfa_grace")) {
    add("\"mfa_grace\" does nothing without \"mfa required\"");
  }
  if (!may_register && given.contains("limit_registrations")) {
    add("\"limit_registrations\" does nothing with \"registration closed\"");
  }
  if (realm.cookie_secure && realm.public_url.starts_with("http://")) {
    add("browsers keep no Secure cookie of a site over plain HTTP; write public_url https://…; or cookie_secure off;");
  }
  if (!realm.has_pages && given.contains("site") && !realm.smtp) add("\"site\" does nothing with \"pages off\"");
  if (realm.access_lifetime && *realm.access_lifetime > realm.session_lifetime) {
    add("\"access_lifetime\" is longer than \"session_lifetime\", which ends the token first");
  }
  return all;
}

}  // namespace gatehouse::realm

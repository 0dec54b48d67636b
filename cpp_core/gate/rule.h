// gatehouse_require: what an identity must have. One rule is one directive; every rule of a location must hold.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gate/assurance.h"
#include "gate/identity.h"

namespace gatehouse::gate {

class rule {
 public:
  // Words: `any` or `all` (the default), then conditions:
  //   role=NAME          one of the user's roles
  //   scope=NAME         one of the user's token's; a session has every scope
  //   claim:NAME=VALUE   a claim of the access token
  //   email_domain=NAME  of an e-mail that is identity, in any case of letters
  //   email_verified     by mail or by an administrator, whatever the realm trusts
  //   mfa                amr says so: a second factor, or a passkey that has verified its user
  //   auth_age=TIME      the user has proved who he is no longer ago, at least a minute
  // An error says which word is wrong and what to write.
  static result<rule> parse(std::span<const std::string_view> words);

  bool allows(const identity& who) const;
  // Of one that does not allow `who`: what he can show anew for it to do so. nullopt: nothing that he could show helps.
  std::optional<assurance> missing(const identity& who) const;
  const std::string& text() const { return text_; }  // as written, for GATEHOUSE_EXPLAIN

 private:
  struct condition {
    bool (*holds)(const condition& needed, const identity& who);
    std::string name;  // of the claim
    std::string value;
    assurance wanted = {};  // of one that a step-up can meet; empty: none can
  };

  static result<condition> parse_condition(std::string_view word);

  bool any_suffices_ = false;
  std::vector<condition> conditions_;
  std::string text_;
};

}  // namespace gatehouse::gate

// An e-mail address as we accept it: ASCII, a dot-atom before the @ (RFC 5321, 4.1.2; at most 64 characters), a domain
// of at least two letter-digit-hyphen labels after it, at most 254 characters in all. Quoted strings, comments, address
// literals and spaces around it (dialects leave those out before) are errors: what is stored is what was typed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace gatehouse::account {

class email {
 public:
  // The error is for the one who typed it: the rest of a sentence after the field's name ("is empty", "has no @"). It
  // does not repeat the address.
  static result<email> parse(std::string_view typed);

  const std::string& as_typed() const { return typed_; }
  // Lower case. Two addresses are the same user's if these are equal.
  const std::string& canonical() const { return canonical_; }

 private:
  explicit email(std::string_view typed);

  std::string typed_;
  std::string canonical_;
};

}  // namespace gatehouse::account

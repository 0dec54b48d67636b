// gatehouse_require: what an identity must have. One rule is one directive; all its words must hold, and so must every
// rule of a location.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gate/identity.h"

namespace gatehouse::gate {

class rule {
 public:
  // Words: role=NAME, claim:NAME=VALUE. An error says which word is wrong and what to write.
  static result<rule> parse(std::span<const std::string_view> words);

  bool allows(const identity& who) const;
  const std::string& text() const { return text_; }  // as written, for GATEHOUSE_EXPLAIN

 private:
  enum class subject { role, claim };
  struct condition {
    subject of;
    std::string name;   // of the claim
    std::string value;  // exact
  };

  std::vector<condition> conditions_;
  std::string text_;
};

}  // namespace gatehouse::gate

// The directives of a realm block, as a table. Adding a row adds the directive.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "realm/settings.h"

namespace gatehouse::realm {

// One realm block being read.
class block {
 public:
  // `prefix`: the directory that relative file names start from, with its slash.
  block(settings& into, std::string prefix) : settings_(into), prefix_(std::move(prefix)) {}

  // One directive: its name, then its arguments. The error says what is wrong and what to write.
  status apply(std::span<const std::string_view> words);
  // At the closing brace: what must be there is, and what depends on other directives is filled in.
  status complete();
  // The directives that were there.
  const std::set<std::string, std::less<>>& given() const { return seen_; }

 private:
  settings& settings_;
  std::string prefix_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace gatehouse::realm

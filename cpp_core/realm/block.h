// A realm block, from its opening brace to its closing one.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "realm/settings.h"

namespace gatehouse::realm {

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
  // What was not there, and what was there and cannot be.
  status check() const;
  status load_blocklist();
  status load_letters();
  status add_hosts();
  void fill_in();

  settings& settings_;
  std::string prefix_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace gatehouse::realm

#include "step/refusal_audit.h"

#include <utility>
#include <vector>

#include "account/statements.h"

namespace gatehouse::operation {

nlohmann::json about_refusal(const std::string& what, const limit::verdict& said, const std::string& account,
                             const std::string& address) {
  const std::size_t space = account.find(' ');
  const std::string kind = account.substr(0, space);
  const std::string value = space == std::string::npos ? "" : account.substr(space + 1);
  nlohmann::json about = {{"address", account::printable(address)},
                          {"detail", {{"limit", "limit_" + what}, {"allowed", said.limit}, {"key", said.tightest}}}};
  if (kind == "user") about["user_id"] = value;
  if (kind == "typed") about["detail"]["typed"] = value;
  return about;
}

task<status> record_refusals(realm::services& realm) {
  auto due = co_await realm.refusals().take();
  if (!due) co_return due.failure();
  if (due->empty()) co_return done{};
  nlohmann::json rows = nlohmann::json::array();
  for (const limit::refused_attempts& each : *due) {
    nlohmann::json row = nlohmann::json::parse(each.about, nullptr, false);
    if (!row.is_object() || !row["detail"].is_object()) continue;  // of another version
    row["detail"]["count"] = each.count;
    rows.push_back(std::move(row));
  }
  const status recorded = co_await realm.accounts().record_refusals(std::move(rows));
  if (!recorded) co_return recorded.failure();
  co_return co_await realm.refusals().settle(std::move(*due));
}

}  // namespace gatehouse::operation

#include "session/answers.h"

#include <charconv>
#include <optional>
#include <utility>

namespace gatehouse::session {

namespace {

using redis::reply;

// Every number that a session holds is a string in its hash.
bool number(const reply& from, std::int64_t& to) {
  const char* end = from.text.data() + from.text.size();
  const auto parsed = std::from_chars(from.text.data(), end, to);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

std::optional<policy> policy_of(std::string_view name) {
  for (const policy each : {policy::rotating, policy::fixed, policy::single}) {
    if (policy_name(each) == name) return each;
  }
  return {};
}

}  // namespace

std::string_view policy_name(policy of) {
  switch (of) {
    case policy::rotating:
      return "rotating";
    case policy::fixed:
      return "fixed";
    case policy::single:
      break;
  }
  return "single";
}

error unexpected(std::string_view script) {
  return {fault::internal,
          "redis: the script \"" + std::string(script) +
              "\" gave an answer of a wrong shape; another version of Gatehouse may use the same keys"};
}

std::string_view outcome_of(const reply& answer) {
  if (!answer.is(reply::type::array) || answer.elements.empty()) return {};
  return answer.elements[0].text;
}

result<head> decode_head(const reply& answer, std::string sid) {
  const std::vector<reply>& at = answer.elements;
  if (at.size() < head_size) return unexpected(outcome_of(answer));
  const std::optional<policy> how = policy_of(at[10].text);
  head decoded;
  decoded.sid = std::move(sid);
  decoded.now = at[1].integer;
  decoded.user_id = at[2].text;
  decoded.key_id = at[4].text;
  decoded.user_json = at[8].text;
  decoded.client = at[9].text;
  decoded.amr = at[13].text;
  decoded.persistent = at[14].text != "0";  // a session that an older version has opened does not say
  decoded.seat = at[15].text;
  decoded.host = at[16].text;
  const bool whole = how && number(at[3], decoded.generation) && number(at[5], decoded.issued_at) &&
                     number(at[6], decoded.expires_at) && number(at[7], decoded.auth_version) &&
                     number(at[11], decoded.auth_time) && number(at[12], decoded.created_at);
  if (!whole) return unexpected(outcome_of(answer));
  decoded.policy = *how;
  return decoded;
}

result<std::vector<listed>> decode_rows(const reply& answer, std::size_t first) {
  std::vector<listed> rows;
  for (std::size_t i = first; i < answer.elements.size(); ++i) {
    const std::vector<reply>& at = answer.elements[i].elements;
    if (at.size() != 8) return unexpected(outcome_of(answer));
    listed row;
    row.sid = at[0].text;
    row.client = at[1].text;
    row.address = at[5].text;
    row.user_agent = at[6].text;
    row.user_id = at[7].text;
    if (!number(at[2], row.created_at) || !number(at[3], row.last_seen) || !number(at[4], row.expires_at)) {
      return unexpected(outcome_of(answer));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

result<std::vector<counted>> decode_counted(const reply& answer, std::size_t first) {
  std::vector<counted> rows;
  for (std::size_t i = first; i < answer.elements.size(); ++i) {
    const std::vector<reply>& at = answer.elements[i].elements;
    if (at.size() != 4) return unexpected(outcome_of(answer));
    counted row;
    row.sid = at[0].text;
    row.user_id = at[1].text;
    if (!number(at[2], row.auth_version) || !number(at[3], row.created_at)) return unexpected(outcome_of(answer));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace gatehouse::session

#include "session/feed_entry.h"

#include <charconv>

namespace gatehouse::session {

namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return {};
  return value;
}

std::string_view value_of(std::string_view name, const std::vector<redis::reply>& fields) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == name) return fields[i + 1].text;
  }
  return {};
}

std::optional<revocation> decode_fields(const std::vector<redis::reply>& fields, stream_id id) {
  const std::optional<unix_seconds> until = number<unix_seconds>(value_of("until", fields));
  if (!until) return {};
  revocation what;
  what.at = static_cast<unix_seconds>(id.time / 1000);
  what.until = *until;
  if (const std::optional<mark> session = parse_mark(value_of("session", fields))) {
    what.subject = *session;
    return what;
  }
  const std::optional<std::int64_t> least = number<std::int64_t>(value_of("least", fields));
  if (const std::optional<mark> raised = parse_mark(value_of("raised", fields))) {
    if (!least) return {};
    what.kind = revocation::type::session_raised;
    what.subject = *raised;
    what.least = *least;
    return what;
  }

  const std::optional<mark> user = parse_mark(value_of("user", fields));
  const std::optional<mark> keep = parse_mark(value_of("keep", fields));
  const std::string_view how = value_of("how", fields);
  if (!user || !least || !keep || (how != "kill" && how != "expire")) return {};
  what.kind = how == "kill" ? revocation::type::user_kill : revocation::type::user_expire;
  what.subject = *user;
  what.least = *least;
  what.keep = *keep;
  return what;
}

}  // namespace

std::string key_prefix(std::string_view realm) { return "gatehouse:{" + std::string(realm) + "}:"; }
std::string feed_key(std::string_view realm) { return key_prefix(realm) + "feed"; }
std::string run_key(std::string_view realm) { return key_prefix(realm) + "run"; }

std::optional<stream_id> parse_stream_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const std::optional<std::uint64_t> time = number<std::uint64_t>(text.substr(0, dash));
  const std::optional<std::uint64_t> count = number<std::uint64_t>(text.substr(dash + 1));
  if (!time || !count) return {};
  return stream_id{*time, *count};
}

std::optional<feed_entry> decode_entry(const redis::reply& element) {
  if (element.elements.size() != 2) return {};
  const std::optional<stream_id> id = parse_stream_id(element.elements[0].text);
  if (!id) return {};
  return feed_entry{*id, decode_fields(element.elements[1].elements, *id)};
}

std::vector<std::string> encode_entry(const revocation& what) {
  std::vector<std::string> fields{"until", std::to_string(what.until)};
  const auto add = [&](const char* name, std::string value) {
    fields.emplace_back(name);
    fields.push_back(std::move(value));
  };
  if (what.kind == revocation::type::session) {
    add("session", what.subject.hex());
    return fields;
  }
  if (what.kind == revocation::type::session_raised) {
    add("raised", what.subject.hex());
    add("least", std::to_string(what.least));
    return fields;
  }
  add("user", what.subject.hex());
  add("least", std::to_string(what.least));
  add("how", what.kind == revocation::type::user_kill ? "kill" : "expire");
  add("keep", what.keep.hex());
  return fields;
}

}  // namespace gatehouse::session

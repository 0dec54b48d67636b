#include "gate/signed_url.h"

#include <algorithm>
#include <charconv>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/uuid.h"

namespace gatehouse::gate {

namespace {

constexpr std::string_view expires_parameter = "gh_expires=";
constexpr std::string_view signature_parameter = "gh_signature=";
constexpr std::size_t mac_bytes = 32;
constexpr std::size_t session_bytes = 36;  // a UUID
constexpr std::size_t most_target_bytes = 4096;

// The target stands last, as the only one that could hold a line's end.
std::string message_of(const signed_target& what, std::string_view expires, std::string_view session_id) {
  std::string message("gatehouse signed URL, GET\n");
  for (const std::string_view part : {what.realm, what.host, expires, session_id}) message.append(part).append(1, '\n');
  return message.append(what.target);
}

struct sent_signature {
  std::string_view target;  // without them
  std::string_view expires;
  std::string_view signature;
};

std::optional<sent_signature> split_signature(std::string_view sent) {
  const std::size_t at = sent.rfind(expires_parameter);
  if (at == std::string_view::npos || at == 0 || (sent[at - 1] != '?' && sent[at - 1] != '&')) return std::nullopt;
  sent_signature found;
  found.target = sent.substr(0, at - 1);
  sent.remove_prefix(at + expires_parameter.size());
  const std::size_t end = sent.find('&');
  if (end == std::string_view::npos || !sent.substr(end + 1).starts_with(signature_parameter)) return std::nullopt;
  found.expires = sent.substr(0, end);
  found.signature = sent.substr(end + 1 + signature_parameter.size());
  return found;
}

bool is_to_come(std::string_view expires, unix_seconds now) {
  unix_seconds at = 0;
  const auto [end, problem] = std::from_chars(expires.data(), expires.data() + expires.size(), at);
  return problem == std::errc() && end == expires.data() + expires.size() && at > now &&
         at - now <= longest_signed_url.count();
}

// Is it a "." or "..", also with parameters after it, as in "..;v=1"?
bool is_dots(std::string_view segment) {
  const std::string_view name = segment.substr(0, segment.find(';'));
  return name == "." || name == "..";
}

// A path with escapes of what could mean something else to who decodes first, or with segments that some resolve or
// leave out: then two readers would see two resources.
bool is_read_in_two_ways(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const std::optional<std::string> byte = hex_decode(path.substr(at + 1, 2));
    if (!byte || byte->size() != 1) return true;
    const auto c = static_cast<unsigned char>(byte->front());
    if (c < ' ' || c == 0x7f || std::string_view("%./;\\").find(byte->front()) != std::string_view::npos) return true;
  }
  while (!path.empty()) {
    path.remove_prefix(1);  // a slash
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (is_dots(segment) || (segment.empty() && !path.empty())) return true;
  }
  return false;
}

bool names_ours(std::string_view query) {
  return query.find("gh_expires") != std::string_view::npos || query.find("gh_signature") != std::string_view::npos;
}

}  // namespace

const char* fault_of_target(std::string_view target) {
  if (!target.starts_with('/') || target.starts_with("//")) return "must be a path of a host";
  if (target.size() > most_target_bytes) return "must have at most 4096 characters";
  const bool is_sent_as_it_is = std::ranges::all_of(target, [](char c) {
    constexpr std::string_view rewritten_by_some = "\"#<>\\^`{|}";
    return c > ' ' && c < 0x7f && rewritten_by_some.find(c) == std::string_view::npos;
  });
  if (!is_sent_as_it_is) return "must be percent-encoded as in a URL";
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  if (is_read_in_two_ways(path)) return "must be a path that is read in one way only";
  return names_ours(target.substr(mark)) ? "must not be signed already" : nullptr;
}

std::string sign_target(const token::key_set& keys, const signed_target& what, std::string_view session_id,
                        unix_seconds expires_at) {
  const std::string expires = std::to_string(expires_at);
  std::string signature = keys.url_signing_key().sign(message_of(what, expires, session_id));
  signature += session_id;
  std::string made(what.target);
  made.append(1, made.find('?') == std::string::npos ? '?' : '&').append(expires_parameter).append(expires);
  return made.append(1, '&').append(signature_parameter).append(base64url_encode(signature));
}

std::optional<std::string> signer_of(const token::key_set& keys, const signed_target& sent, unix_seconds now) {
  const auto shown = split_signature(sent.target);
  if (!shown || !is_to_come(shown->expires, now)) return std::nullopt;
  const auto signature = base64url_decode(shown->signature);
  if (!signature || signature->size() != mac_bytes + session_bytes) return std::nullopt;
  std::string session_id = signature->substr(mac_bytes);
  const signed_target what{sent.realm, sent.host, shown->target};
  const std::string message = message_of(what, shown->expires, session_id);
  const std::string_view mac = std::string_view(*signature).substr(0, mac_bytes);
  if (!keys.verify_by_any(token::key_use::signed_url, message, mac) || !is_uuid(session_id)) return std::nullopt;
  return session_id;
}

}  // namespace gatehouse::gate

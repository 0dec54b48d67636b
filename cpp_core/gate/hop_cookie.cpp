#include "gate/hop_cookie.h"

#include <algorithm>
#include <charconv>

#include "base/base64url.h"
#include "base/sha256.h"
#include "gate/return_address.h"

namespace gatehouse::gate {

namespace {

constexpr std::size_t most_pending = 20;
constexpr std::size_t nonce_length = 22;  // of 16 bytes in base64url
constexpr std::string_view first_try = ".";
constexpr std::string_view second_try = "~";

bool is_base64url(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool read_number(std::string_view text, std::int64_t& to) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), to);
  return problem == std::errc() && end == text.data() + text.size();
}

// Takes what is before the next dot off the front.
std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('.'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

std::string hop_state::text() const {
  return nonce + std::string(again ? second_try : first_try) + base64url_encode(address);
}

std::optional<hop_state> parse_hop_state(std::string_view text) {
  if (text.size() <= nonce_length || !is_base64url(text.substr(0, nonce_length))) return std::nullopt;
  const std::string_view tried = text.substr(nonce_length, 1);
  if (tried != first_try && tried != second_try) return std::nullopt;
  std::optional<std::string> address = base64url_decode(text.substr(nonce_length + 1));
  if (!address || !is_safe_return(*address, {})) return std::nullopt;
  hop_state state;
  state.nonce = text.substr(0, nonce_length);
  state.again = tried == second_try;
  state.address = std::move(*address);
  return state;
}

hop_cookie::hop_cookie(const token::key_set& keys, std::string_view realm, std::string_view origin,
                       std::string_view name, bool secure)
    : keys_(keys),
      about_("gatehouse hop\n" + std::string(realm) + "\n" + std::string(origin) + "\n"),  // no JWT has a line break
      prefix_(prefix(name, secure)),
      secure_(secure) {}

std::string hop_cookie::prefix(std::string_view name, bool secure) { return cookie_name(name, secure) + "-hop-"; }

std::string hop_cookie::begin(const hop_state& state, std::string_view verifier, unix_seconds now) const {
  const std::string said = std::to_string(now + hop_lifetime.count()) + "." + std::string(verifier);
  return set(prefix_ + state.nonce, said + "." + sign(state.text() + "\n" + said), hop_lifetime);
}

std::optional<std::string> hop_cookie::verifier(std::span<const std::string_view> cookies, const hop_state& state,
                                                unix_seconds now) const {
  const found_cookie found = find_cookie(cookies, prefix_ + state.nonce);
  const auto* value = std::get_if<std::string_view>(&found);
  if (value == nullptr) return std::nullopt;
  const std::size_t dot = value->rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string_view said = value->substr(0, dot);
  if (!is_signed(state.text() + "\n" + std::string(said), value->substr(dot + 1))) return std::nullopt;
  std::int64_t expiry = 0;
  if (!read_number(take_part(said), expiry) || expiry <= now) return std::nullopt;
  return std::string(said);
}

std::string hop_cookie::end(const hop_state& state) const { return clear_cookie(of(prefix_ + state.nonce)); }

std::vector<std::string> hop_cookie::forget_oldest(std::span<const std::string_view> cookies) const {
  std::vector<std::pair<std::int64_t, std::string>> pending;
  for (const auto& [name, value] : find_cookies_with(cookies, prefix_)) {
    std::int64_t expiry = 0;
    read_number(value.substr(0, value.find('.')), expiry);
    pending.emplace_back(expiry, name);
  }
  std::ranges::sort(pending);
  std::vector<std::string> headers;
  for (std::size_t i = 0; i + most_pending <= pending.size(); ++i) {
    headers.push_back(clear_cookie(of(pending[i].second)));
  }
  return headers;
}

int hop_cookie::count(std::span<const std::string_view> cookies, unix_seconds now) const {
  return read_count(cookies, now).hops;
}

std::string hop_cookie::count_one_more(std::span<const std::string_view> cookies, unix_seconds now) const {
  counted before = read_count(cookies, now);
  if (before.hops == 0) before.since = now;
  const std::string said = std::to_string(before.hops + 1) + "." + std::to_string(before.since);
  return set(prefix_.substr(0, prefix_.size() - 1), said + "." + sign("count\n" + said), hop_memory);
}

hop_cookie::counted hop_cookie::read_count(std::span<const std::string_view> cookies, unix_seconds now) const {
  const found_cookie found = find_cookie(cookies, prefix_.substr(0, prefix_.size() - 1));
  const auto* value = std::get_if<std::string_view>(&found);
  if (value == nullptr) return {};
  const std::size_t dot = value->rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string_view said = value->substr(0, dot);
  if (!is_signed("count\n" + std::string(said), value->substr(dot + 1))) return {};
  std::int64_t hops = 0;
  counted read;
  if (!read_number(take_part(said), hops) || !read_number(said, read.since)) return {};
  if (read.since + hop_memory.count() <= now) return {};
  read.hops = static_cast<int>(hops);
  return read;
}

cookie hop_cookie::of(std::string name) const { return {.name = std::move(name), .secure = secure_}; }

std::string hop_cookie::set(std::string name, std::string value, seconds lifetime) const {
  cookie said = of(std::move(name));
  said.value = std::move(value);
  said.lifetime = lifetime;
  return set_cookie(said);
}

std::string hop_cookie::sign(std::string_view what) const {
  return base64url_encode(keys_.refresh_signing_key().sign(about_ + std::string(what)));
}

bool hop_cookie::is_signed(std::string_view what, std::string_view signature) const {
  const std::optional<std::string> bytes = base64url_decode(signature);
  return bytes && keys_.verify_by_any(token::key_use::refresh, about_ + std::string(what), *bytes);
}

std::string challenge_of(std::string_view verifier) {
  const sha256_digest digest = sha256_hasher()(verifier);
  return base64url_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace gatehouse::gate

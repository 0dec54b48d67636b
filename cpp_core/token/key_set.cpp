#include "token/key_set.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "token/jwk.h"

namespace gatehouse::token {

namespace {

using nlohmann::json;

void wipe(json& value) noexcept {
  if (auto* const text = value.get_ptr<json::string_t*>()) {
    OPENSSL_cleanse(text->data(), text->size());
  } else if (auto* const list = value.get_ptr<json::array_t*>()) {
    for (json& each : *list) wipe(each);
  } else if (auto* const object = value.get_ptr<json::object_t*>()) {
    for (auto& [name, member] : *object) wipe(member);
  }
}

// The file's text as a tree, which holds the keys: wiped when done with.
class wiped_tree {
 public:
  explicit wiped_tree(json tree) : tree_(std::move(tree)) {}
  wiped_tree(const wiped_tree&) = delete;
  wiped_tree& operator=(const wiped_tree&) = delete;
  ~wiped_tree() { wipe(tree_); }
  const json& operator*() const { return tree_; }

 private:
  json tree_;
};

// "key 2 (kid "a")": counted from 1, as a person does.
std::string name_of(std::size_t index, const json& jwk) {
  std::string name = "key " + std::to_string(index + 1);
  const auto id = jwk.is_object() ? jwk.find("kid") : jwk.end();
  if (id == jwk.end() || !id->is_string()) return name;
  const auto& text = id->get_ref<const std::string&>();
  if (text.size() > most_key_id_bytes || has_control_character(text)) return name;
  return name + " (kid \"" + text + "\")";
}

std::optional<std::size_t> first_signing(const std::vector<key>& keys, key_use use) {
  const auto found = std::ranges::find_if(keys, [use](const key& k) { return k.use() == use && k.may_sign(); });
  if (found == keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - keys.begin());
}

}  // namespace

result<key_set> key_set::parse(std::string_view text) {
  json_limits limits;
  limits.bytes = std::size_t{256} * 1024;
  result<json> read = read_json(text, limits);
  if (!read) return invalid("not a usable JWK Set: " + read.failure().what);
  const wiped_tree tree(std::move(*read));
  const auto list = (*tree).is_object() ? (*tree).find("keys") : (*tree).end();
  if (list == (*tree).end() || !list->is_array()) {
    return invalid("not a JWK Set; it must be an object with a list of keys: {\"keys\":[...]}");
  }

  key_set keys;
  json published = json::array();
  bool has_symmetric = false;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json& jwk = (*list)[i];
    const auto refuse_twin = [&] {
      return invalid(name_of(i, jwk) + ": another key has the same \"kid\"; give every key a name of its own");
    };
    if (is_for_data(jwk)) {
      result<data_key> parsed = parse_data_jwk(jwk);
      if (!parsed) return error{parsed.failure().kind, name_of(i, jwk) + ": " + parsed.failure().what};
      if (keys.has(parsed->id)) return refuse_twin();
      keys.data_keys_.push_back(std::move(*parsed));
      continue;
    }
    result<read_jwk> parsed = parse_jwk(jwk);
    if (!parsed) return error{parsed.failure().kind, name_of(i, jwk) + ": " + parsed.failure().what};
    if (keys.has(parsed->key.id())) return refuse_twin();
    if (!parsed->published.is_null()) published.push_back(std::move(parsed->published));
    if (parsed->symmetric && parsed->key.use() == key_use::access) has_symmetric = true;
    if (has_symmetric && !published.empty()) {
      return invalid(name_of(i, jwk) +
                     ": HMAC keys and public keys cannot both be for access tokens; keep one sort, and give HMAC "
                     "keys for refresh tokens \"use\":\"gatehouse-refresh\"");
    }
    keys.keys_.push_back(std::move(parsed->key));
    if (parsed->for_urls) keys.keys_.push_back(std::move(*parsed->for_urls));
  }

  const auto access = first_signing(keys.keys_, key_use::access);
  const auto refresh = first_signing(keys.keys_, key_use::refresh);
  if (!access) {
    return invalid("no key can sign access tokens; add one, such as \"kty\":\"oct\" with \"use\":\"sig\" and 32 bytes");
  }
  if (!refresh) {
    return invalid("no key can sign refresh tokens; add a \"kty\":\"oct\" with \"use\":\"gatehouse-refresh\"");
  }
  keys.access_signing_ = *access;
  keys.refresh_signing_ = *refresh;
  keys.url_signing_ = first_signing(keys.keys_, key_use::signed_url).value();
  keys.public_jwks_ = json{{"keys", std::move(published)}}.dump();
  return keys;
}

const key* key_set::find(key_use use, std::string_view id) const noexcept {
  for (const key& each : keys_) {
    if (each.use() == use && each.id() == id) return &each;
  }
  return nullptr;
}

const data_key* key_set::sealing_key() const noexcept {
  const auto found = std::ranges::find(data_keys_, true, &data_key::may_seal);
  return found != data_keys_.end() ? &*found : nullptr;
}

const data_key* key_set::find_data_key(std::string_view id) const noexcept {
  const auto found = std::ranges::find(data_keys_, id, &data_key::id);
  return found != data_keys_.end() ? &*found : nullptr;
}

bool key_set::has(std::string_view id) const noexcept {
  return find_data_key(id) != nullptr || std::ranges::find(keys_, id, &key::id) != keys_.end();
}

bool key_set::verify_by_any(key_use use, std::string_view input, std::string_view signed_with) const noexcept {
  return std::ranges::any_of(keys_,
                             [&](const key& each) { return each.use() == use && each.verify(input, signed_with); });
}

const key* key_set::recall(key_use use, std::string_view type, std::string_view header) const noexcept {
  const read_header& last = last_[static_cast<std::size_t>(use)];
  return last.header == header && last.type == type ? last.chosen : nullptr;
}

void key_set::remember(key_use use, std::string_view type, std::string_view header, const key& chosen) const {
  last_[static_cast<std::size_t>(use)] = {std::string(type), std::string(header), &chosen};
}

}  // namespace gatehouse::token

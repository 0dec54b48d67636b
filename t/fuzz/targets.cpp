#include "targets.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/email.h"
#include "base/base64url.h"
#include "base/json.h"
#include "body/form_body.h"
#include "body/json_body.h"
#include "body/multipart_body.h"
#include "factor/webauthn.h"
#include "gate/bearer.h"
#include "gate/cookie.h"
#include "gate/header_name.h"
#include "gate/origin.h"
#include "gate/path_readings.h"
#include "gate/return_address.h"
#include "jsonapi/jsonapi_body.h"
#include "password/imported_hash.h"
#include "password/phc_string.h"
#include "redis/reply.h"
#include "session/feed_entry.h"
#include "smtp/reply.h"
#include "token/claim_set.h"
#include "token/jwk.h"
#include "token/jwt.h"
#include "token_keys.h"
#include "view/language.h"

namespace gatehouse::fuzz {

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

namespace {

using namespace gatehouse;
namespace key = token::test;

// ---- JSON and tokens

void json(std::string_view bytes) {
  const result<nlohmann::json> read = read_json(bytes);
  if (!read) return;
  const result<nlohmann::json> again = read_json(read->dump());
  demand(again.ok() && *again == *read, "what was read reads the same when it is written");
}

const token::key_set& verifying() {
  static const token::key_set keys = key::make_set(key::set_text(key::hs256_access));
  return keys;
}

// The bytes are what somebody makes of a token; with a signature of his own, and as header and payload well signed.
void jwt(std::string_view bytes) {
  constexpr unix_seconds now = 1'700'000'000;
  const token::expectation expected{.type = "at+jwt", .issuer = "https://a", .audience = "app", .now = now};
  const auto forged = token::verify(verifying(), token::key_use::access, bytes, expected);
  if (forged) {
    const std::size_t dot = bytes.rfind('.');
    const std::string mac = key::hmac_of(key::access_bytes, bytes.substr(0, dot));
    demand(bytes.substr(dot + 1) == base64url_encode(mac), "only what the key has signed verifies");
  }
  const std::size_t cut = bytes.find('\n');
  if (cut == std::string_view::npos) return;
  const std::string text = key::forge(bytes.substr(0, cut), bytes.substr(cut + 1));
  const auto made = token::verify(verifying(), token::key_use::access, text, expected);
  if (!made) return;
  demand(made->claims.text("iss") == "https://a", "a verified token is from its issuer");
  demand(made->claims.whole_number("exp", token::latest_time).value_or(0) > now, "a verified token has not expired");
}

void same_claim(const token::claim_set& claims, const std::string& name, const nlohmann::json& meant) {
  demand(claims.contains(name), "a member that the tree has");
  const std::string_view written = claims.json_of(name);
  demand(nlohmann::json::parse(written) == meant, "a value as it was written");
  demand(claims.text(name) == (meant.is_string() ? meant.get<std::string>() : ""), "a string says the same");
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const bool is_whole = meant.is_number_unsigned() && meant.get<std::uint64_t>() <= std::uint64_t{most};
  demand(claims.whole_number(name, most) == (is_whole ? std::optional(meant.get<std::int64_t>()) : std::nullopt),
         "a number is the same");
  demand(claims.is_true(name) == (meant == true), "true is the same");
  std::vector<std::optional<std::string>> texts;
  const bool is_array = claims.for_each_text(name, [&](std::optional<std::string_view> each) {
    texts.push_back(each ? std::optional(std::string(*each)) : std::nullopt);
  });
  demand(is_array == meant.is_array() && (!is_array || texts.size() == meant.size()), "an array is the same");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    demand(texts[i] == (meant[i].is_string() ? std::optional(meant[i].get<std::string>()) : std::nullopt),
           "an element is the same");
  }
}

// The one pass over a token's header and payload, and the tree that nlohmann makes of the same bytes.
void claim_set(std::string_view bytes) {
  for (const json_limits& limits : {json_limits{.bytes = 1024, .depth = 4, .members = 32, .string_length = 512},
                                    json_limits{.bytes = 8192, .depth = 16, .members = 2048},
                                    json_limits{.depth = 2, .members = 3, .string_length = 5}}) {
    const result<nlohmann::json> tree = read_json(bytes, limits);
    const auto claims = token::claim_set::read(std::string(bytes), limits);
    demand(claims.has_value() == (tree.ok() && tree->is_object()), "both take it or both refuse it");
    if (!claims) continue;
    demand(claims->size() == tree->size() && claims->json() == bytes, "no member is more or less");
    demand(claims->has_control_character() == has_control_character_within(*tree),
           "a control character is seen by both");
    for (const auto& [name, meant] : tree->items()) same_claim(*claims, name, meant);
  }
}

void jwk_set(std::string_view bytes) {
  const result<token::key_set> read = token::key_set::parse(bytes);
  if (!read) return;
  const nlohmann::json published = nlohmann::json::parse(read->public_jwks());
  for (const nlohmann::json& each : published.at("keys")) {
    for (const char* member : {"k", "d", "p", "q", "dp", "dq", "qi"}) {
      demand(!each.contains(member), "nothing private is published");
    }
  }
}

void bearer(std::string_view bytes) {
  const std::array<std::string_view, 1> headers{bytes};
  const gate::found_token found = gate::find_bearer(headers);
  if (const auto* token = std::get_if<gate::bearer_token>(&found)) {
    demand(!token->text.empty() && bytes.find(token->text) != std::string_view::npos, "the token is in the header");
  }
}

// ---- Bodies

const std::array<dialect::field, 3> fields{{{"email", &operation::input::email, true},
                                            {"password", &operation::input::password, true},
                                            {"name", &operation::input::name, false}}};
const dialect::route login{"POST", "login", nullptr, dialect::credential::none, fields, 200};

void check(const dialect::decoded& read) {
  if (read.why) return;
  demand(read.in.email && read.in.password, "what a route requires is there or refused");
}

void json_body(std::string_view bytes) { check(dialect::decode_json(login, "application/json", bytes)); }

void jsonapi_body(std::string_view bytes) {
  check(dialect::decode_jsonapi(login, dialect::envelope::required, "application/vnd.api+json", bytes));
  check(dialect::decode_jsonapi(login, dialect::envelope::optional, "application/json", bytes));
}

void form_body(std::string_view bytes) {
  check(dialect::decode_form(login, "application/x-www-form-urlencoded", bytes));
  (void)dialect::decode_query(login, bytes);
  const std::optional<std::string> plain = dialect::percent_decode(bytes);
  demand(!plain || plain->size() <= bytes.size(), "what is decoded is not longer");
}

// The first line is the Content-Type.
void multipart(std::string_view bytes) {
  const std::size_t cut = std::min(bytes.find('\n'), bytes.size());
  const std::string_view type = bytes.substr(0, cut);
  const std::string_view body = bytes.substr(std::min(cut + 1, bytes.size()));
  check(dialect::decode_multipart(login, type, body));
  const auto parts = dialect::split_multipart(type, body);
  if (!parts) return;
  demand(parts->size() <= dialect::most_parts, "no more parts than are allowed");
  for (const dialect::form_part& each : *parts) {
    const bool inside = each.value.empty() || (each.value.data() >= body.data() &&
                                               each.value.data() + each.value.size() <= body.data() + body.size());
    demand(inside && each.value.find('\0') == std::string_view::npos, "a part is in the body and has no NUL");
  }
}

// ---- What a browser sends

void cookie(std::string_view bytes) {
  gate::cookie_names ours;
  ours.add("__Host-gatehouse");
  ours.add_beginning("__Host-gatehouse-");
  std::string left(bytes.size(), '\0');
  gate::cookie_copy others(bytes, left.data());
  std::vector<std::string_view> taken;
  gate::cookie_walk walk(bytes, ours);
  while (const auto each = walk.next()) {
    taken.push_back(*each);
    others.leave_out(*each);
  }
  const std::size_t size = others.finish();
  demand(size <= bytes.size(), "what is left is no longer");
  left.resize(size);
  demand(!gate::cookie_walk(left, ours).next(), "a removed cookie is gone");

  const std::array<std::string_view, 1> whole{bytes};
  for (const char* name : {"__Host-gatehouse", "__Host-gatehouse-refresh"}) {
    demand(gate::find_cookie(whole, name) == gate::find_cookie(taken, name), "what is taken says what the header said");
    std::string joined;
    (void)gate::find_split_cookie(whole, name, joined);
  }
}

void return_address(std::string_view bytes) {
  if (gate::is_safe_return(bytes, {})) {
    demand(bytes.starts_with('/') && !bytes.starts_with("//") && !bytes.starts_with("/\\"), "it stays on its host");
    demand(bytes.find_first_of("\r\n\t\\") == std::string_view::npos, "it is one line that no browser reads anew");
  }
  const std::string plain = gate::plain_address(bytes);
  demand(gate::percent_encode(plain).find('\n') == std::string::npos, "what is encoded has no line end");
}

void header_name(std::string_view bytes) {
  if (!gate::check_identity_header(bytes)) return;
  demand(!bytes.empty() && bytes.find_first_of(":\r\n \t") == std::string_view::npos, "a name is a token");
}

void path(std::string_view bytes) {
  const auto readings = gate::path_readings(bytes);
  if (!readings) return;
  for (const std::string& each : *readings) demand(each.starts_with('/'), "a reading is a path");
}

void language(std::string_view bytes) {
  const std::array<std::string_view, 2> known{"en", "de"};
  const auto chosen = view::choose_language(bytes, known);
  demand(!chosen || std::ranges::find(known, *chosen) != known.end(), "a language that there is");
}

void origin(std::string_view bytes) {
  if (!gate::is_origin(bytes)) return;
  demand(bytes.starts_with("http://") || bytes.starts_with("https://"), "an origin has a scheme");
  demand(bytes.find('/', bytes.find("//") + 2) == std::string_view::npos, "an origin has no path");
}

// ---- What a user types, and what an operator imports

void email(std::string_view bytes) {
  const auto read = account::email::parse(bytes);
  if (!read) return;
  const auto again = account::email::parse(read->canonical());
  demand(again.ok() && again->canonical() == read->canonical(), "the canonical form is its own");
  demand(read->as_typed().find_first_of("\r\n,;<>") == std::string::npos, "an address is one address");
}

void phc(std::string_view bytes) {
  const auto read = password::parse_phc(bytes);
  if (read) demand(password::format_phc(*read) == bytes, "a hash has one spelling");
}

// Dear ones are left to the tests of their limits: a round of bcrypt at cost 14 takes a second.
void imported_hash(std::string_view bytes) {
  const bool is_dear = bytes.starts_with("$2") || bytes.starts_with("$y") ||
                       bytes.find("rounds=") != std::string_view::npos ||
                       bytes.find("pbkdf2") != std::string_view::npos || bytes.starts_with("$P$") ||
                       bytes.starts_with("$H$") || bytes.starts_with("$argon2");
  if (is_dear || bytes.size() > 512) return;
  const result<bool> matches = password::imported_hash_matches(secret("correct horse"), std::string(bytes));
  if (matches && *matches) demand(bytes.size() > 8, "a match is no accident");
}

// ---- What servers answer

std::vector<std::string> replies_of(std::span<const std::string_view> pieces) {
  smtp::reply_reader reader;
  std::vector<std::string> all;
  for (const std::string_view piece : pieces) {
    reader.add(piece);
    for (;;) {
      const auto next = reader.next();
      if (!next) {
        all.emplace_back("error");
        return all;
      }
      if (!*next) break;
      all.push_back(std::to_string((*next)->code) + (*next)->text);
    }
  }
  return all;
}

void smtp_reply(std::string_view bytes) {
  const std::array<std::string_view, 1> whole{bytes};
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  demand(replies_of(whole) == replies_of(single), "replies are the same however they arrive");
}

struct reader_free {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};
struct reply_free {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

redis::reply list_of(const std::vector<std::string>& words) {
  redis::reply list;
  list.kind = redis::reply::type::array;
  for (const std::string& word : words) {
    list.elements.emplace_back();
    list.elements.back().kind = redis::reply::type::string;
    list.elements.back().text = word;
  }
  return list;
}

void feed_entry(std::string_view bytes) {
  const std::unique_ptr<redisReader, reader_free> reader(redisReaderCreate());
  if (redisReaderFeed(reader.get(), bytes.data(), bytes.size()) != REDIS_OK) return;
  void* made = nullptr;
  while (redisReaderGetReply(reader.get(), &made) == REDIS_OK && made != nullptr) {
    const std::unique_ptr<redisReply, reply_free> owner(static_cast<redisReply*>(made));
    const redis::reply copy = redis::copy_reply(*owner);
    const auto entry = session::decode_entry(copy);
    if (!entry || !entry->what) continue;
    const std::vector<std::string> words = session::encode_entry(*entry->what);
    redis::reply again = list_of({entry->id.text()});
    again.elements.push_back(list_of(words));
    const auto once_more = session::decode_entry(again);
    demand(once_more && once_more->what && session::encode_entry(*once_more->what) == words,
           "an entry is written as it was read");
  }
}

// ---- passkeys

void webauthn_client_data(std::string_view bytes) {
  const auto read = factor::read_client_data(bytes);
  if (!read) return;
  const nlohmann::json written = {{"type", read->type},
                                  {"challenge", base64url_encode(read->challenge)},
                                  {"origin", read->origin},
                                  {"crossOrigin", read->cross_origin}};
  const auto again = factor::read_client_data(written.dump());
  demand(again && again->type == read->type && again->challenge == read->challenge && again->origin == read->origin &&
             again->cross_origin == read->cross_origin,
         "what was read reads the same when it is written");
}

void webauthn_authenticator_data(std::string_view bytes) {
  const auto read = factor::read_authenticator_data(bytes);
  if (!read) return;
  demand(read->rp_id_hash.size() == 32 && bytes.starts_with(read->rp_id_hash), "it begins with a hash");
  demand(read->aaguid.empty() == read->credential_id.empty(), "attested data is whole or not there");
  demand(read->credential_id.size() <= factor::most_credential_id_bytes, "an id is not too long");
  demand(read->credential_id.empty() || bytes.find(read->credential_id) != std::string_view::npos, "an id was sent");
}

// The bytes are what a stranger sends for his public key; whatever is taken for one can be asked for a signature.
void webauthn_public_key(std::string_view bytes) {
  const std::string json = R"({"type":"webauthn.create","challenge":"YWJj","origin":"https://a"})";
  const std::string get = R"({"type":"webauthn.get","challenge":"YWJj","origin":"https://a"})";
  const std::vector<std::string> origins{"https://a"};
  const sha256_digest hash = sha256_hasher()("a");
  const std::string shown = std::string(hash.begin(), hash.end()) + std::string("\x01\0\0\0\0", 5);
  std::string data = shown + std::string(17, '\0') + "\1i\xa0";
  data[32] = 0x41;
  for (const std::int64_t algorithm : {factor::cose_es256, factor::cose_eddsa, factor::cose_rs256}) {
    const factor::expected_ceremony expected{"abc", origins, "a"};
    const auto made = factor::verify_registration({json, data, bytes, algorithm}, expected);
    const auto* passkey = std::get_if<factor::passkey>(&made);
    if (passkey == nullptr) continue;
    const auto said = factor::verify_assertion({get, shown, bytes}, *passkey, expected);
    demand(std::get_if<factor::webauthn_fault>(&said) != nullptr, "a key is no signature");
  }
}

constexpr std::array all{
    target{"json", json},
    target{"jwt", jwt},
    target{"claim_set", claim_set},
    target{"jwk_set", jwk_set},
    target{"bearer", bearer},
    target{"json_body", json_body},
    target{"jsonapi_body", jsonapi_body},
    target{"form_body", form_body},
    target{"multipart", multipart},
    target{"cookie", cookie},
    target{"return_address", return_address},
    target{"header_name", header_name},
    target{"path", path},
    target{"language", language},
    target{"origin", origin},
    target{"email", email},
    target{"phc", phc},
    target{"imported_hash", imported_hash},
    target{"smtp_reply", smtp_reply},
    target{"feed_entry", feed_entry},
    target{"webauthn_client_data", webauthn_client_data},
    target{"webauthn_authenticator_data", webauthn_authenticator_data},
    target{"webauthn_public_key", webauthn_public_key},
};

}  // namespace

std::span<const target> targets() { return all; }

}  // namespace gatehouse::fuzz

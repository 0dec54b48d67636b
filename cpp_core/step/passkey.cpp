#include "step/passkey.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/random.h"
#include "base/sha256.h"
#include "step/failed_proof.h"
#include "step/issue.h"

namespace gatehouse::operation {

namespace {

constexpr seconds challenge_lifetime{300};
constexpr std::size_t time_bytes = 8;
constexpr std::size_t nonce_bytes = 16;
constexpr std::array<std::string_view, 4> purposes{"registration", "login", "second factor", "step-up"};
constexpr std::size_t uuid_bytes = 16;

// What is signed has line breaks, which no JWT of the same keys has.
std::string signing_input(const realm::settings& realm, ceremony of, std::string_view subject, std::string_view drawn) {
  std::string text = "gatehouse passkey\n" + realm.name + "\n";
  text.append(purposes.at(static_cast<std::size_t>(of))).append("\n").append(subject).append("\n").append(drawn);
  return text;
}

std::string hash_of(std::string_view bytes) {
  const sha256_digest digest = sha256_hasher()(bytes);
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string eight_bytes(unix_seconds time) {
  std::string bytes(time_bytes, '\0');
  for (std::size_t i = 0; i < time_bytes; ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(time) >> (8 * (time_bytes - 1 - i)));
  }
  return bytes;
}

unix_seconds time_in(std::string_view bytes) {
  std::uint64_t time = 0;
  for (const char byte : bytes.substr(0, time_bytes)) time = time << 8 | static_cast<unsigned char>(byte);
  return static_cast<unix_seconds>(std::min<std::uint64_t>(time, INT64_MAX));
}

std::string handle_of(const std::string& user_id) {
  std::string digits;
  std::ranges::copy_if(user_id, std::back_inserter(digits), [](char c) { return c != '-'; });
  return hex_decode(digits).value_or("");
}

nlohmann::json descriptors(const std::vector<account::stored_passkey>& of) {
  nlohmann::json all = nlohmann::json::array();
  for (const account::stored_passkey& each : of) {
    all.push_back({{"type", "public-key"}, {"id", base64url_encode(each.key.credential_id)}});
  }
  return all;
}

std::string bytes_of(const std::optional<std::string>& base64url) {
  return base64url ? base64url_decode(*base64url).value_or("") : "";
}

task<outcome> refuse_passkey(context ctx, std::string user_id, std::string reason, std::string session_id) {
  const nlohmann::json detail = {{"reason", "passkey: " + reason}};
  co_await record_failed_proof(std::move(ctx), std::move(user_id), detail, std::move(session_id));
  co_return refuse(refusal::bad_passkey);
}

void report_copy(const context& ctx, const std::string& user_id, const std::string& factor_id) {
  const error copied{fault::invalid,
                     "its counter has not grown since its last use, so there may be a copy of it; user: " + user_id +
                         ", factor: " + factor_id};
  ctx.report("a passkey was refused", copied);
}

// What the client says of its answer; of another form: nothing.
factor::client_data read(std::string_view client_data) {
  return factor::read_client_data(client_data).value_or(factor::client_data());
}

// Where it may have been answered: at the login host, or at a host of the realm, if it is one.
std::vector<std::string> allowed_origins(const realm::settings& realm, const factor::client_data& said) {
  std::vector<std::string> allowed{realm.public_url};
  if (realm.hosts.contains(said.origin)) allowed.push_back(said.origin);
  return allowed;
}

}  // namespace

std::string make_passkey_challenge(const realm::settings& realm, ceremony of, std::string_view subject) {
  std::string drawn = eight_bytes(now_seconds()) + std::string(nonce_bytes, '\0');
  random_bytes(std::as_writable_bytes(std::span(drawn).subspan(time_bytes)));
  return drawn + realm.keys->refresh_signing_key().sign(signing_input(realm, of, subject, drawn));
}

task<result<std::optional<nlohmann::json>>> ask_passkeys_of(context ctx, std::string user_id, passkey_question asked) {
  const auto own = co_await ctx.realm.factors().passkeys_of(std::move(user_id));
  if (!own) co_return own.failure();
  if (own->empty()) co_return std::optional<nlohmann::json>();
  const realm::settings& realm = ctx.realm.settings();
  const std::string challenge = make_passkey_challenge(realm, asked.of, asked.subject);
  co_return std::optional<nlohmann::json>(passkey_request(realm, challenge, asked.must_verify, *own));
}

task<result<bool>> use_passkey_challenge(context ctx, ceremony of, std::string subject, std::string challenge) {
  constexpr std::size_t drawn_bytes = time_bytes + nonce_bytes;
  if (challenge.size() <= drawn_bytes) co_return false;
  const std::string_view drawn = std::string_view(challenge).substr(0, drawn_bytes);
  const std::string_view signature = std::string_view(challenge).substr(drawn_bytes);
  const std::string input = signing_input(ctx.realm.settings(), of, subject, drawn);
  if (!ctx.realm.settings().keys->verify_by_any(token::key_use::refresh, input, signature)) co_return false;
  if (time_in(drawn) + challenge_lifetime.count() < now_seconds()) co_return false;
  constexpr seconds memory = challenge_lifetime * 2;  // clocks of several nodes differ
  std::string hash = hash_of(challenge);
  const result<bool> is_first = co_await ctx.realm.pending().use_once(std::move(hash), memory);
  co_return is_first;
}

nlohmann::json passkey_creation(const realm::settings& realm, const account::user& user, const std::string& challenge,
                                const std::vector<account::stored_passkey>& existing) {
  nlohmann::json algorithms = nlohmann::json::array();
  for (const std::int64_t each : {factor::cose_eddsa, factor::cose_es256, factor::cose_rs256}) {
    algorithms.push_back({{"type", "public-key"}, {"alg", each}});
  }
  return {{"rp", {{"id", realm.rp_id}, {"name", realm.site.name}}},
          {"user",
           {{"id", base64url_encode(handle_of(user.id))},
            {"name", user.email},
            {"displayName", user.name.empty() ? user.email : user.name}}},
          {"challenge", base64url_encode(challenge)},
          {"pubKeyCredParams", std::move(algorithms)},
          {"timeout", challenge_lifetime.count() * 1000},
          {"excludeCredentials", descriptors(existing)},
          {"authenticatorSelection", {{"residentKey", "preferred"}, {"userVerification", "preferred"}}},
          {"attestation", "none"}};
}

nlohmann::json passkey_request(const realm::settings& realm, const std::string& challenge, bool must_verify,
                               const std::vector<account::stored_passkey>& allowed) {
  return {{"challenge", base64url_encode(challenge)},
          {"rpId", realm.rp_id},
          {"timeout", challenge_lifetime.count() * 1000},
          {"allowCredentials", descriptors(allowed)},
          {"userVerification", must_verify ? "required" : "preferred"}};
}

std::vector<std::string> passkey_origins(const realm::settings& realm) {
  std::vector<std::string> all{realm.public_url};
  for (std::string& each : realm.hosts.texts()) {
    if (each.find('*') == std::string::npos && each != realm.public_url) all.push_back(std::move(each));
  }
  return all;
}

std::optional<std::string> user_of_handle(std::string_view base64url) {
  const std::optional<std::string> bytes = base64url_decode(base64url);
  if (!bytes || bytes->size() != uuid_bytes) return std::nullopt;
  std::string text = hex_encode(*bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

task<passkey_registration> check_registration(context ctx, input in, std::string subject) {
  passkey_registration checked;
  const std::string client_data = bytes_of(in.client_data);
  const factor::client_data said_of_it = read(client_data);
  const std::string& challenge = said_of_it.challenge;
  const result<bool> is_ours =
      co_await use_passkey_challenge(ctx, ceremony::registration, std::move(subject), challenge);
  if (!is_ours) {
    checked.refused = ctx.fail("using a passkey's challenge", is_ours.failure());
    co_return checked;
  }
  const std::vector<std::string> origins = allowed_origins(ctx.realm.settings(), said_of_it);
  factor::expected_ceremony expected;
  expected.challenge = challenge;
  expected.origins = origins;
  expected.rp_id = ctx.realm.settings().rp_id;
  const std::string data = bytes_of(in.authenticator_data);
  const std::string key = bytes_of(in.public_key);
  factor::registration_response response;
  response.client_data = client_data;
  response.authenticator_data = data;
  response.public_key = key;
  response.algorithm = factor::algorithm_of(key);
  auto made = factor::verify_registration(response, expected);
  if (!*is_ours) made = factor::webauthn_fault::challenge;
  if (const auto* fault = std::get_if<factor::webauthn_fault>(&made)) {
    std::string reason(factor::name_of(*fault));
    checked.refused =
        co_await refuse_passkey(std::move(ctx), in.bearer->user_id(), std::move(reason), in.bearer->session_id());
    co_return checked;
  }
  checked.made = std::move(std::get<factor::passkey>(made));
  co_return checked;
}

task<passkey_answer> check_passkey(context ctx, input in, std::string user_id, passkey_question asked) {
  passkey_answer answer;
  const std::string client_data = bytes_of(in.client_data);
  const factor::client_data said_of_it = read(client_data);
  const std::string& challenge = said_of_it.challenge;
  const result<bool> is_ours = co_await use_passkey_challenge(ctx, asked.of, asked.subject, challenge);
  if (!is_ours) {
    answer.refused = ctx.fail("using a passkey's challenge", is_ours.failure());
    co_return answer;
  }
  const auto all = co_await ctx.realm.factors().passkeys_of(user_id);
  if (!all) {
    answer.refused = ctx.fail("looking for passkeys", all.failure());
    co_return answer;
  }
  const std::string id = bytes_of(in.credential_id);
  const auto known =
      std::ranges::find_if(*all, [&id](const account::stored_passkey& each) { return each.key.credential_id == id; });
  std::string reason;
  if (known == all->end()) reason = "unknown";
  if (reason.empty() && !*is_ours) reason = factor::name_of(factor::webauthn_fault::challenge);
  if (reason.empty()) {
    const std::vector<std::string> origins = allowed_origins(ctx.realm.settings(), said_of_it);
    factor::expected_ceremony expected;
    expected.challenge = challenge;
    expected.origins = origins;
    expected.rp_id = ctx.realm.settings().rp_id;
    expected.user_verification = asked.must_verify;
    const std::string data = bytes_of(in.authenticator_data);
    const std::string signature = bytes_of(in.signature);
    factor::assertion_response response;
    response.client_data = client_data;
    response.authenticator_data = data;
    response.signature = signature;
    const auto said = factor::verify_assertion(response, known->key, expected);
    if (const auto* fault = std::get_if<factor::webauthn_fault>(&said)) {
      reason = factor::name_of(*fault);
    } else {
      const auto& shown = std::get<factor::asserted>(said);
      const account::source from = source_of(ctx, asked.session_id);
      const result<bool> accepted = co_await ctx.realm.factors().accept_assertion(user_id, known->id, shown, from);
      if (!accepted) {
        answer.refused = ctx.fail("recording the use of a passkey", accepted.failure());
        co_return answer;
      }
      if (!*accepted) reason = factor::name_of(factor::webauthn_fault::counter);
      answer.user_verified = shown.user_verified;
    }
  }
  if (reason.empty()) co_return answer;
  if (reason == factor::name_of(factor::webauthn_fault::counter)) report_copy(ctx, user_id, known->id);
  answer.refused =
      co_await refuse_passkey(std::move(ctx), std::move(user_id), std::move(reason), std::move(asked.session_id));
  co_return answer;
}

}  // namespace gatehouse::operation

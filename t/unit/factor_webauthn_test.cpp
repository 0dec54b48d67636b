// REQUIREMENTS 60: what is accepted of a browser's answer to a passkey's challenge, and what is refused, by an
// authenticator of the test's own.
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "base/base64url.h"
#include "base/evp.h"
#include "base/hex.h"
#include "base/sha256.h"
#include "factor/webauthn.h"

namespace gatehouse::factor::webauthn_test {

namespace {

constexpr std::uint8_t up = 0x01, uv = 0x04, be = 0x08, bs = 0x10, at = 0x40, ed = 0x80;
const std::string challenge = "0123456789abcdef0123456789abcdef";
const std::vector<std::string> origins{"https://example.com", "https://app.example.org"};

expected_ceremony expected(bool user_verification = false) {
  return {challenge, origins, "example.com", user_verification};
}

std::string hash(std::string_view bytes) {
  const sha256_digest digest = sha256_hasher()(bytes);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

nlohmann::json client(const std::string& type) {
  return {{"type", type},
          {"challenge", base64url_encode(challenge)},
          {"origin", "https://example.com"},
          {"crossOrigin", false}};
}

std::string fixed_part(std::uint8_t flags, std::uint32_t count = 0, const std::string& rp_id = "example.com") {
  std::string bytes = hash(rp_id);
  bytes += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(count >> shift);
  return bytes;
}

std::string attested(std::uint8_t flags, std::size_t id_length = 16, const std::string& key = "\xa5") {
  std::string bytes = fixed_part(flags | at) + std::string(16, 'g');
  bytes += static_cast<char>(id_length >> 8);
  bytes += static_cast<char>(id_length);
  return bytes + std::string(id_length, 'i') + key;
}

struct signer {
  std::int64_t algorithm;
  evp_key key;

  static signer make(std::int64_t algorithm) {
    switch (algorithm) {
      case cose_es256:
        return {algorithm, evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"))};
      case cose_eddsa:
        return {algorithm, evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))};
      default:
        return {algorithm, evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}))};
    }
  }

  std::string spki() const { return spki_of(key); }
  static std::string spki_of(const evp_key& of) {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(of.get(), &der);
    std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return bytes;
  }

  std::string sign(const std::string& input) const {
    const evp_md_context context(EVP_MD_CTX_new());
    const EVP_MD* digest = algorithm == cose_eddsa ? nullptr : EVP_sha256();
    std::size_t length = 512;
    std::string made(length, '\0');
    if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), octets(made), &length, octets(std::string_view(input)), input.size()) != 1) {
      throw std::runtime_error("the test cannot sign");
    }
    made.resize(length);
    return made;
  }
};

class webauthn : public ::testing::TestWithParam<std::int64_t> {
 protected:
  webauthn() : signer_(signer::make(GetParam())) {}

  std::variant<passkey, webauthn_fault> enrol(const nlohmann::json& said, const std::string& data,
                                              bool user_verification = false) {
    const std::string json = said.dump();
    const std::string key = signer_.spki();
    return verify_registration({json, data, key, signer_.algorithm}, expected(user_verification));
  }
  passkey enrolled(std::uint8_t flags = up | uv) {
    return std::get<passkey>(enrol(client("webauthn.create"), attested(flags)));
  }

  std::variant<asserted, webauthn_fault> show(const passkey& with, const nlohmann::json& said, const std::string& data,
                                              bool user_verification = false) {
    const std::string json = said.dump();
    const std::string signature = signer_.sign(data + hash(json));
    return verify_assertion({json, data, signature}, with, expected(user_verification));
  }

  signer signer_;
};

template <class T>
std::string fault_of(const std::variant<T, webauthn_fault>& said) {
  const auto* fault = std::get_if<webauthn_fault>(&said);
  return fault == nullptr ? "none" : std::string(name_of(*fault));
}

TEST_P(webauthn, requirement_60_what_was_registered_is_recognised) {
  const passkey made = enrolled(up | uv | be | bs);
  EXPECT_EQ(made.credential_id, std::string(16, 'i'));
  EXPECT_EQ(made.aaguid, std::string(16, 'g'));
  EXPECT_EQ(made.public_key, signer_.spki());
  EXPECT_EQ(made.algorithm, GetParam());
  EXPECT_TRUE(made.user_verified && made.backup_eligible && made.backed_up);
  const auto shown = show(made, client("webauthn.get"), fixed_part(up | be), false);
  ASSERT_EQ(fault_of(shown), "none");
  EXPECT_FALSE(std::get<asserted>(shown).user_verified);
  EXPECT_FALSE(std::get<asserted>(shown).backed_up) << "it is not any more";
}

TEST_P(webauthn, requirement_60_a_signature_is_of_this_key_and_of_all_that_was_sent) {
  const passkey made = enrolled();
  const std::string json = client("webauthn.get").dump();
  const std::string data = fixed_part(up | uv);
  const std::string right = signer_.sign(data + hash(json));
  const auto judge = [&](const std::string& sent, const std::string& authenticator, const std::string& signature) {
    return fault_of(verify_assertion({sent, authenticator, signature}, made, expected()));
  };
  EXPECT_EQ(judge(json, data, right), "none");
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    EXPECT_EQ(judge(json, data, wrong), "signature") << i;
  }
  EXPECT_EQ(judge(json, data, ""), "signature");
  EXPECT_EQ(judge(json, data, right.substr(1)), "signature");
  EXPECT_EQ(judge(json, data, right + "x"), "signature");
  EXPECT_EQ(judge(json, data, std::string(513, 's')), "signature");
  EXPECT_EQ(judge(json + " ", data, right), "signature");
  EXPECT_EQ(judge(json, fixed_part(up | uv, 7), right), "signature");
  EXPECT_EQ(judge(json, fixed_part(up), right), "signature");
  EXPECT_EQ(judge(json, data, signer::make(GetParam()).sign(data + hash(json))), "signature") << "another key's";
  EXPECT_EQ(judge(json, data, signer_.sign(data + json)), "signature");
}

TEST_P(webauthn, requirement_60_each_ceremony_has_its_type) {
  EXPECT_EQ(fault_of(enrol(client("webauthn.get"), attested(up))), "type");
  EXPECT_EQ(fault_of(enrol(client("Webauthn.create"), attested(up))), "type");
  const passkey made = enrolled();
  EXPECT_EQ(fault_of(show(made, client("webauthn.create"), fixed_part(up | uv))), "type");
  EXPECT_EQ(fault_of(show(made, client("payment.get"), fixed_part(up | uv))), "type");
}

TEST_P(webauthn, requirement_60_the_challenge_is_the_one_that_was_asked) {
  const passkey made = enrolled();
  for (const std::string& other :
       {std::string(), std::string("0123456789abcdef0123456789abcdeg"), challenge + "x", challenge.substr(1)}) {
    nlohmann::json said = client("webauthn.get");
    said["challenge"] = base64url_encode(other);
    EXPECT_EQ(fault_of(show(made, said, fixed_part(up | uv))), "challenge");
    said["type"] = "webauthn.create";
    EXPECT_EQ(fault_of(enrol(said, attested(up))), "challenge");
  }
  const expected_ceremony none{"", origins, "example.com", false};
  nlohmann::json said = client("webauthn.get");
  said["challenge"] = "";
  const std::string json = said.dump();
  EXPECT_EQ(fault_of(verify_assertion({json, fixed_part(up), "s"}, made, none)), "challenge") << "nothing was asked";
}

TEST_P(webauthn, requirement_60_the_origin_is_one_of_ours_exactly) {
  const passkey made = enrolled();
  for (const char* origin : {"https://example.com.evil.org", "https://evil.example.com", "http://example.com",
                             "https://example.com:8443", "https://example.com/", "HTTPS://example.com", "null", ""}) {
    nlohmann::json said = client("webauthn.get");
    said["origin"] = origin;
    EXPECT_EQ(fault_of(show(made, said, fixed_part(up | uv))), "origin") << origin;
    said["type"] = "webauthn.create";
    EXPECT_EQ(fault_of(enrol(said, attested(up))), "origin") << origin;
  }
  nlohmann::json related = client("webauthn.get");
  related["origin"] = "https://app.example.org";
  EXPECT_EQ(fault_of(show(made, related, fixed_part(up | uv))), "none");
  nlohmann::json framed = client("webauthn.get");
  framed["crossOrigin"] = true;
  EXPECT_EQ(fault_of(show(made, framed, fixed_part(up | uv))), "origin");
  framed = client("webauthn.get");
  framed["topOrigin"] = "https://evil.example";
  EXPECT_EQ(fault_of(show(made, framed, fixed_part(up | uv))), "origin");
  nlohmann::json older = client("webauthn.get");
  older.erase("crossOrigin");
  EXPECT_EQ(fault_of(show(made, older, fixed_part(up | uv))), "none") << "Level 1 did not have it";
}

TEST_P(webauthn, requirement_60_the_relying_party_is_ours) {
  const passkey made = enrolled();
  for (const char* other : {"example.org", "www.example.com", "Example.com", ""}) {
    EXPECT_EQ(fault_of(show(made, client("webauthn.get"), fixed_part(up | uv, 0, other))), "rp_id") << other;
  }
  std::string data = attested(up);
  data[0] = static_cast<char>(data[0] ^ 1);
  EXPECT_EQ(fault_of(enrol(client("webauthn.create"), data)), "rp_id");
}

TEST_P(webauthn, requirement_60_somebody_was_there_and_where_it_matters_it_was_he) {
  const passkey made = enrolled();
  EXPECT_EQ(fault_of(enrol(client("webauthn.create"), attested(uv))), "user_presence");
  EXPECT_EQ(fault_of(show(made, client("webauthn.get"), fixed_part(uv))), "user_presence");
  EXPECT_EQ(fault_of(enrol(client("webauthn.create"), attested(up), true)), "user_verified");
  EXPECT_EQ(fault_of(show(made, client("webauthn.get"), fixed_part(up), true)), "user_verified");
  const auto shown = show(made, client("webauthn.get"), fixed_part(up | uv), true);
  ASSERT_EQ(fault_of(shown), "none");
  EXPECT_TRUE(std::get<asserted>(shown).user_verified);
}

TEST_P(webauthn, requirement_60_what_is_said_of_backups_is_consistent) {
  EXPECT_EQ(fault_of(enrol(client("webauthn.create"), attested(up | bs))), "backup");
  const passkey single = enrolled(up);
  EXPECT_EQ(fault_of(show(single, client("webauthn.get"), fixed_part(up | be))), "backup");
  const passkey synced = enrolled(up | be);
  EXPECT_EQ(fault_of(show(synced, client("webauthn.get"), fixed_part(up))), "backup");
  const auto shown = show(synced, client("webauthn.get"), fixed_part(up | be | bs));
  ASSERT_EQ(fault_of(shown), "none");
  EXPECT_TRUE(std::get<asserted>(shown).backed_up);
}

TEST_P(webauthn, requirement_60_a_counter_that_does_not_grow_is_refused) {
  passkey made = enrolled();
  const auto judge = [&](std::uint32_t before, std::uint32_t now) {
    made.sign_count = before;
    return fault_of(show(made, client("webauthn.get"), fixed_part(up | uv, now)));
  };
  EXPECT_EQ(judge(0, 0), "none") << "it does not count";
  EXPECT_EQ(judge(0, 1), "none");
  EXPECT_EQ(judge(7, 8), "none");
  EXPECT_EQ(judge(7, 0xffffffff), "none");
  EXPECT_EQ(judge(7, 7), "counter");
  EXPECT_EQ(judge(7, 6), "counter");
  EXPECT_EQ(judge(7, 0), "counter");
  EXPECT_EQ(judge(0xffffffff, 0), "counter");
  made.sign_count = 3;
  const auto shown = show(made, client("webauthn.get"), fixed_part(up | uv, 0x01020304));
  EXPECT_EQ(std::get<asserted>(shown).sign_count, 0x01020304U);
  made.sign_count = 9;
  const std::string json = client("webauthn.get").dump();
  EXPECT_EQ(fault_of(verify_assertion({json, fixed_part(up, 1), "forged"}, made, expected())), "signature")
      << "who has not the key cannot say that it was cloned";
}

TEST_P(webauthn, requirement_60_the_key_is_one_for_its_algorithm) {
  const std::string json = client("webauthn.create").dump();
  const std::string data = attested(up);
  const std::string key = signer_.spki();
  for (const std::int64_t other : {cose_es256, cose_eddsa, cose_rs256}) {
    const std::string said = fault_of(verify_registration({json, data, key, other}, expected()));
    EXPECT_EQ(said, other == GetParam() ? "none" : "public_key") << other;
  }
  for (const std::int64_t unknown : {std::int64_t{0}, std::int64_t{-35}, std::int64_t{-65535}, std::int64_t{5}}) {
    EXPECT_EQ(fault_of(verify_registration({json, data, key, unknown}, expected())), "algorithm") << unknown;
  }
  for (const std::string& wrong : {std::string(), key.substr(1), key.substr(0, key.size() - 1), key + "x",
                                   std::string(1025, '\x30'), "\x30" + key}) {
    EXPECT_EQ(fault_of(verify_registration({json, data, wrong, GetParam()}, expected())), "public_key");
  }
  passkey changed = enrolled();
  changed.algorithm = GetParam() == cose_es256 ? cose_rs256 : cose_es256;
  EXPECT_EQ(fault_of(show(changed, client("webauthn.get"), fixed_part(up | uv))), "public_key");
}

INSTANTIATE_TEST_SUITE_P(algorithms, webauthn, ::testing::Values(cose_es256, cose_eddsa, cose_rs256),
                         [](const auto& each) {
                           return each.param == cose_es256 ? "es256" : each.param == cose_eddsa ? "eddsa" : "rs256";
                         });

TEST(webauthn_keys, requirement_60_weak_ones_and_other_curves_are_refused) {
  const std::string json = client("webauthn.create").dump();
  const std::string data = attested(up);
  const auto judge = [&](const evp_key& key, std::int64_t algorithm) {
    const std::string der = signer::spki_of(key);
    return fault_of(verify_registration({json, data, der, algorithm}, expected()));
  };
  EXPECT_EQ(judge(evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})), cose_rs256), "public_key");
  EXPECT_EQ(judge(evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")), cose_es256), "public_key");
  EXPECT_EQ(judge(evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "secp256k1")), cose_es256), "public_key");
  EXPECT_EQ(judge(evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")), cose_eddsa), "public_key");
  EXPECT_EQ(judge(evp_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")), cose_eddsa), "public_key");
}

TEST(webauthn_keys, requirement_60_a_point_off_the_curve_is_refused) {
  std::string der = signer::make(cose_es256).spki();
  der.back() = static_cast<char>(der.back() ^ 1);
  const std::string json = client("webauthn.create").dump();
  EXPECT_EQ(fault_of(verify_registration({json, attested(up), der, cose_es256}, expected())), "public_key");
}

// Published test vectors: Web Authentication Level 3, §16, in hexadecimal.
struct published {
  const char* anchor;
  std::int64_t algorithm;
  const char* challenge;
  const char* client_data;
  const char* authenticator_data;
  const char* public_key;  // that of the attested credential, as SubjectPublicKeyInfo
  const char* asked;
  const char* assertion_client_data;
  const char* assertion_data;
  const char* signature;
};
constexpr std::array vectors{
    published{"sctn-test-vectors-none-es256", cose_es256,
              "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
              "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878"
              "475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a226874"
              "7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174"
              "61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e"
              "616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354"
              "427258426941774a544c453551227d",
              "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b23"
              "67ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a50102032620012158"
              "20afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b0345"
              "8abf879717c12cc68ed73290af2e2664796b9220",
              "3059301306072a8648ce3d020106082a8648ce3d03010703420004afefa16f97ca9b2d23eb86ccb64098d20db9085606"
              "2eb249c33a9b672f26df61930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
              "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
              "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455"
              "506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a226874747073"
              "3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
              "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
              "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b935381"
              "74f575bf11a1dd5d78c6e486013f937295ea13653e331e87"},
    published{"sctn-test-vectors-packed-eddsa", cose_eddsa,
              "a8abf9dabdc6b0df63466b39bda9e8a34a34e185337a59f1c579990676d3b3bd",
              "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22714b76353272334773"
              "4e396a526d733576616e6f6f306f303459557a656c6e7878586d5a426e6254733730222c226f726967696e223a226874"
              "7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174"
              "61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e"
              "616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20425f44543567375a44"
              "5f2d394f544c59583549764551227d",
              "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54100000000d5aa33581e8ca478e20fe7"
              "13f5d32ff20020ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bda40101032720062158"
              "2044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
              "302a300506032b657003210044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
              "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
              "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44"
              "534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a226874747073"
              "3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
              "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
              "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097"
              "d6607525713223a0dc0d453993dae00b"},
};

TEST(webauthn_vectors, requirement_60_what_is_published_is_accepted) {
  const std::vector<std::string> at{"https://example.org"};
  for (const published& each : vectors) {
    SCOPED_TRACE(each.anchor);
    const std::string asked = *hex_decode(each.challenge), json = *hex_decode(each.client_data),
                      data = *hex_decode(each.authenticator_data), key = *hex_decode(each.public_key);
    const auto made = verify_registration({json, data, key, each.algorithm}, {asked, at, "example.org", false});
    ASSERT_EQ(fault_of(made), "none");
    const std::string again = *hex_decode(each.asked), said = *hex_decode(each.assertion_client_data),
                      shown = *hex_decode(each.assertion_data), signature = *hex_decode(each.signature);
    const expected_ceremony ceremony{again, at, "example.org", false};
    EXPECT_EQ(fault_of(verify_assertion({said, shown, signature}, std::get<passkey>(made), ceremony)), "none");
  }
}

TEST(webauthn_authenticator_data, is_read_by_its_fixed_layout) {
  const auto reads = [](const std::string& bytes) { return read_authenticator_data(bytes).has_value(); };
  EXPECT_TRUE(reads(fixed_part(up, 5)));
  EXPECT_FALSE(reads(""));
  EXPECT_FALSE(reads(fixed_part(up).substr(1)));
  EXPECT_FALSE(reads(fixed_part(up) + "x")) << "no flag says that there is more";
  EXPECT_FALSE(reads(fixed_part(up | ed))) << "a flag says that there is more";
  EXPECT_TRUE(reads(fixed_part(up | ed) + "\xa0"));
  EXPECT_FALSE(reads(fixed_part(up | ed) + std::string(5000, 'x')));

  EXPECT_TRUE(reads(attested(up)));
  EXPECT_TRUE(reads(attested(up, 1023)));
  EXPECT_FALSE(reads(attested(up, 1024)));
  EXPECT_FALSE(reads(attested(up, 0)));
  EXPECT_FALSE(reads(attested(up, 16, ""))) << "the key is missing";
  const std::string whole = attested(up);
  for (std::size_t length = 37; length < whole.size(); ++length) EXPECT_FALSE(reads(whole.substr(0, length))) << length;
  const std::string bytes = attested(up | uv | be | bs, 300);
  const authenticator_data all = *read_authenticator_data(bytes);
  EXPECT_EQ(all.rp_id_hash, hash("example.com"));
  EXPECT_EQ(all.credential_id.size(), 300U);
  EXPECT_TRUE(all.user_present() && all.user_verified() && all.backup_eligible() && all.backed_up());
}

TEST(webauthn_authenticator_data, a_registration_has_a_credential_and_an_assertion_has_none) {
  const signer made = signer::make(cose_es256);
  const std::string key = made.spki();
  const std::string json = client("webauthn.create").dump();
  EXPECT_EQ(fault_of(verify_registration({json, fixed_part(up), key, cose_es256}, expected())), "credential_id");
  const passkey stored{"id", key, cose_es256, 0, true, false, false, ""};
  const std::string get = client("webauthn.get").dump();
  const std::string data = attested(up);
  const std::string signature = made.sign(data + hash(get));
  EXPECT_EQ(fault_of(verify_assertion({get, data, signature}, stored, expected())), "malformed");
}

TEST(webauthn_client_data, is_an_object_with_what_it_must_have) {
  const auto reads = [](const std::string& json) { return read_client_data(json).has_value(); };
  EXPECT_TRUE(reads(client("x").dump()));
  nlohmann::json more = client("x");
  more["extraData"] = "clientDataJSON may be extended";
  more["tokenBinding"] = {{"status", "supported"}};
  EXPECT_TRUE(reads(more.dump()));
  for (const char* name : {"type", "challenge", "origin"}) {
    nlohmann::json less = client("x");
    less.erase(name);
    EXPECT_FALSE(reads(less.dump())) << name;
    less[name] = 1;
    EXPECT_FALSE(reads(less.dump())) << name;
    less[name] = nullptr;
    EXPECT_FALSE(reads(less.dump())) << name;
  }
  nlohmann::json wrong = client("x");
  wrong["crossOrigin"] = "false";
  EXPECT_FALSE(reads(wrong.dump()));
  for (const char* spelling : {"YWJj=", "YW Jj", "YW+j", "YWJ"}) {
    wrong = client("x");
    wrong["challenge"] = spelling;
    EXPECT_EQ(reads(wrong.dump()), false) << spelling;
  }
  for (const std::string& json : {std::string(), std::string("[]"), std::string("null"), std::string("{}"),
                                  R"({"type":"a","type":"b","challenge":"","origin":""})" + std::string(),
                                  client("x").dump() + "x", std::string(5000, ' ')}) {
    EXPECT_FALSE(reads(json)) << json;
  }
}

}  // namespace

}  // namespace gatehouse::factor::webauthn_test

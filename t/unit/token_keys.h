// Keys for the tests of tokens, from the RFCs where they have them, and a forger that shares no code with the core.
#pragma once

#include <openssl/hmac.h>

#include <string>
#include <string_view>

#include "base/base64url.h"
#include "token/key_set.h"

namespace gatehouse::token::test {

// 32 bytes each.
inline const std::string access_bytes = "0123456789abcdef0123456789ABCDEF";
inline const std::string refresh_bytes = "fedcba9876543210FEDCBA9876543210";

inline std::string oct(std::string_view kid, std::string_view bytes, std::string_view more = "") {
  return R"({"kty":"oct","kid":")" + std::string(kid) + R"(","k":")" + base64url_encode(bytes) + "\"" +
         std::string(more) + "}";
}

inline const std::string hs256_access = oct("a1", access_bytes);
inline const std::string hs256_refresh = oct("r1", refresh_bytes, R"(,"use":"gatehouse-refresh")");

// RFC 8037, appendix A.
inline const std::string ed25519_public =
    R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
inline const std::string ed25519_private = ed25519_public + R"(,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")";

// RFC 7515, appendix A.3.
inline const std::string p256_public =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
inline const std::string p256_private = p256_public + R"(,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")";

// RFC 7515, appendix A.2.
inline const std::string rsa_public =
    R"("kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ")";
inline const std::string rsa_private =
    rsa_public +
    R"(,"d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ")"
    R"(,"p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc")"
    R"(,"q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc")"
    R"(,"dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0")"
    R"(,"dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU")"
    R"(,"qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U")";

inline std::string named(std::string_view kid, std::string_view members, std::string_view more = "") {
  return R"({"kid":")" + std::string(kid) + "\"," + std::string(members) + std::string(more) + "}";
}

// A set of one access key and the usual refresh key.
inline std::string set_text(std::string_view keys) {
  return R"({"keys":[)" + std::string(keys) + "," + hs256_refresh + "]}";
}

// Throws if it is refused, with the reason.
inline key_set make_set(std::string_view text) {
  result<key_set> parsed = key_set::parse(text);
  if (!parsed) throw std::runtime_error(parsed.failure().what);
  return std::move(*parsed);
}

inline std::string hmac_of(std::string_view bytes, std::string_view input) {
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), bytes.data(), static_cast<int>(bytes.size()), reinterpret_cast<const unsigned char*>(input.data()),
       input.size(), reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  return mac;
}

// A token with this text for a header and that for a payload, well signed by HMAC with SHA-256.
inline std::string forge(std::string_view header, std::string_view payload, std::string_view bytes = access_bytes) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(hmac_of(bytes, input));
}

}  // namespace gatehouse::token::test

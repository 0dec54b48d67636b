#include "redis/script.h"

#include <openssl/sha.h>

#include <utility>

namespace gatehouse::redis {

namespace {

std::string sha1_hex(std::string_view text) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

}  // namespace

script::script(std::string source) : source_(std::move(source)), sha1_(sha1_hex(source_)) {}

task<result<reply>> script::run(connection& on, std::vector<std::string> keys, std::vector<std::string> args) const {
  std::vector<std::string> words{"EVALSHA", sha1_, std::to_string(keys.size())};
  for (std::string& key : keys) words.push_back(std::move(key));
  for (std::string& arg : args) words.push_back(std::move(arg));

  result<reply> answer = co_await on.exchange(words, on.settings().timeout);
  if (answer && answer->is(reply::type::error) && answer->text.starts_with("NOSCRIPT")) {
    words[0] = "EVAL";
    words[1] = source_;
    answer = co_await on.exchange(std::move(words), on.settings().timeout);
  }
  if (!answer) co_return answer;
  co_return on.judge(std::move(*answer));
}

}  // namespace gatehouse::redis

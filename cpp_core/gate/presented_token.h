// Where a client that is no browser shows who it is: a user's token as a bearer, in X-Api-Key, or with a username by
// Basic (RFC 7617), by which it may also be a password.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace gatehouse::gate {

// What of it counts at a location.
struct token_places {
  bool api_key = false;   // Authorization: Bearer gth_…, and X-Api-Key
  bool basic = false;     // Authorization: Basic, with a token
  bool password = false;  // or with the account's own password
};

// Neither copied nor moved: it holds what it points to.
class presented_token {
 public:
  enum class kind {
    none,       // nothing of the sort: whatever else there is decides
    ambiguous,  // more than one
    malformed,  // something of the sort that cannot be good
    token,
    password,
  };

  // `authorization` and `api_keys`: every value of either header, which outlive this.
  presented_token(token_places places, std::span<const std::string_view> authorization,
                  std::span<const std::string_view> api_keys);
  ~presented_token();
  presented_token(const presented_token&) = delete;
  presented_token& operator=(const presented_token&) = delete;

  kind what() const { return what_; }
  std::string_view text() const { return text_; }  // the token or the password
  bool by_basic() const { return by_basic_; }
  std::string_view username() const { return username_; }  // by Basic

 private:
  void take(std::string_view text);
  void read_basic(std::string_view credentials, bool takes_password);

  static constexpr std::size_t most_bytes = 1024;

  kind what_ = kind::none;
  bool by_basic_ = false;
  std::string_view text_;
  std::string_view username_;
  std::array<char, most_bytes> decoded_;
  std::size_t decoded_size_ = 0;
};

}  // namespace gatehouse::gate

#include "password/disguise.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <string>

namespace gatehouse::password {

namespace {

constexpr std::size_t most_disguised = 64;  // bytes; a longer one is no disguise of a word, and would cost time

// Not one of the ASCII digits and punctuation. A letter of another alphabet is one too.
bool is_letter(char c) {
  const bool is_ascii_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_ascii_letter || c < ' ' || c > '~';
}

char letter_for(char c, char letter_for_1) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case '|':
      return letter_for_1;
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '7':
    case '+':
      return 't';
    default:
      return c;
  }
}

secret with_letters(std::string_view text, char letter_for_1) {
  std::string letters(text);
  std::transform(letters.begin(), letters.end(), letters.begin(), [&](char c) { return letter_for(c, letter_for_1); });
  secret disguised(letters);
  OPENSSL_cleanse(letters.data(), letters.size());
  return disguised;
}

}  // namespace

std::vector<secret> undisguised(std::string_view password) {
  const auto first =
      static_cast<std::size_t>(std::find_if(password.begin(), password.end(), is_letter) - password.begin());
  const auto last =
      static_cast<std::size_t>(password.rend() - std::find_if(password.rbegin(), password.rend(), is_letter));
  std::vector<secret> words{secret(password)};
  if (password.size() > most_disguised) return words;
  for (const std::size_t begin : {std::size_t{0}, first}) {
    for (std::size_t end = password.size(); end >= last; --end) {
      if (begin >= end || end - begin < password.size() - (end - begin)) break;
      const std::string_view word = password.substr(begin, end - begin);
      words.emplace_back(word);
      words.push_back(with_letters(word, 'i'));
      words.push_back(with_letters(word, 'l'));
    }
  }
  return words;
}

}  // namespace gatehouse::password

#include "smtp/message.h"

#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/text.h"

namespace gatehouse::smtp {

namespace {

constexpr std::size_t most_in_line = 76;          // RFC 2045, 6.7 and RFC 2047, 2
constexpr std::size_t most_in_word = 39;          // bytes of text: with any of our header names an encoded-word fits
constexpr std::string_view fold = "\r\n ";        // RFC 5322, 2.2.3
constexpr std::string_view boundary = "=_parts";  // cannot stand in quoted-printable (RFC 2045, 6.7)

bool is_atext(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_label(std::string_view label) {
  return label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) {
           const char lower = ascii_lower(c);
           return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// One or more parts with dots between them.
template <class Rule>
bool is_dotted(std::string_view text, Rule is_part) {
  for (std::size_t dot = 0; dot != std::string_view::npos;) {
    dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !is_part(part)) return false;
    if (dot != std::string_view::npos) text.remove_prefix(dot + 1);
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

// What readers show as it is written: ASCII, and nothing that they would decode.
bool is_plain(std::string_view text) {
  return text.find("=?") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 2047: words in base64, each of whole code points and on a line of its own.
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::size_t size = 0;
    for (std::size_t next = 0; size < text.size(); size += next) {
      next = code_point_length(text, size);
      if (size + next > most_in_word) break;
    }
    unsigned char base64[most_in_word * 2];
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const int length = EVP_EncodeBlock(base64, bytes, static_cast<int>(size));
    if (!words.empty()) words += fold;
    words += "=?utf-8?B?";
    words.append(reinterpret_cast<const char*>(base64), static_cast<std::size_t>(length)).append("?=");
    text.remove_prefix(size);
  }
  return words;
}

// A display name as a phrase (RFC 5322, 3.2.5).
std::string phrase(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  return is_plain(name) && quoted.size() <= most_in_line - std::string_view("From: ").size() ? quoted
                                                                                             : encoded_words(name);
}

std::string address_line(std::string_view header, const mailbox& of) {
  const std::string clean = one_line(of.name);
  const std::string_view name = trimmed(clean);
  std::string line = std::string(header) + ": ";
  if (name.empty()) return line + of.address + "\r\n";
  line += phrase(name);
  const bool fits = line.find(fold) == std::string::npos && line.size() + of.address.size() + 3 <= most_in_line;
  line.append(fits ? std::string_view(" ") : fold).append("<").append(of.address).append(">\r\n");
  return line;
}

std::string subject_line(const std::string& subject) {
  const std::string clean = one_line(subject);
  const std::string_view text = trimmed(clean);
  const std::string name = "Subject: ";
  const bool plain = is_plain(text) && name.size() + text.size() <= most_in_line;
  return name + (plain ? std::string(text) : encoded_words(text)) + "\r\n";
}

// RFC 5322, 3.3; English in every locale.
std::string date_line(unix_seconds date) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{seconds(date)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day at(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char line[64];
  std::snprintf(line, sizeof line, "Date: %s, %02u %s %04d %02d:%02d:%02d +0000\r\n",
                days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(at.day()),
                months[static_cast<unsigned>(at.month()) - 1], static_cast<int>(at.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return line;
}

// One line of text, which may become several (RFC 2045, 6.7).
void append_quoted_printable(std::string_view line, std::string& to) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool literal = byte == ' ' ? i + 1 < line.size() : byte > ' ' && byte <= '~' && byte != '=';
    const std::size_t width = literal ? 1 : 3;
    if (column + width >= most_in_line) {  // one is left for the "=" of the break
      to += "=\r\n";
      column = 0;
    }
    if (literal) {
      to += line[i];
    } else {
      to.append({'=', hex[byte >> 4], hex[byte & 15]});
    }
    column += width;
  }
  to += "\r\n";
}

std::string part(std::string_view type, std::string_view text) {
  std::string written = "Content-Type: " + std::string(type) +
                        "; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    append_quoted_printable(one_line(text.substr(0, end)), written);
    text.remove_prefix(end);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : text.empty() ? 0 : 1);
  }
  return written;
}

std::string contents(const message& what) {
  if (what.html.empty()) return part("text/plain", what.text);
  const std::string delimiter = "--" + std::string(boundary);
  return "Content-Type: multipart/alternative; boundary=\"" + std::string(boundary) + "\"\r\n\r\n" +  //
         delimiter + "\r\n" + part("text/plain", what.text) +                                         //
         delimiter + "\r\n" + part("text/html", what.html) +                                          //
         delimiter + "--\r\n";
}

}  // namespace

bool is_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (text.size() > 254 || at == std::string_view::npos || at > 64) return false;
  const auto is_atom = [](std::string_view atom) { return std::all_of(atom.begin(), atom.end(), is_atext); };
  return is_dotted(text.substr(0, at), is_atom) && is_dotted(text.substr(at + 1), is_label);
}

result<std::string> write(const message& what) {
  if (!is_address(what.from.address)) return error{fault::invalid, "the sender's address cannot be written in a mail"};
  if (!is_address(what.to.address)) return error{fault::invalid, "the recipient's address cannot be written in a mail"};
  if (!is_address(what.message_id)) return error{fault::invalid, "the Message-ID cannot be written in a mail"};
  return date_line(what.date) + address_line("From", what.from) + address_line("To", what.to) +
         subject_line(what.subject) + "Message-ID: <" + what.message_id +
         ">\r\n"
         "MIME-Version: 1.0\r\n"
         "Auto-Submitted: auto-generated\r\n" +  // RFC 3834: no out-of-office replies to this
         contents(what);
}

}  // namespace gatehouse::smtp

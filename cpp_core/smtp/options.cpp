#include "smtp/options.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "base/duration.h"
#include "base/file.h"
#include "base/text.h"

namespace gatehouse::smtp {

namespace {

constexpr std::string_view plain_scheme = "smtp://";
constexpr std::string_view tls_scheme = "smtps://";
constexpr std::size_t longest_name = 200;

error wrong(std::string what) { return {fault::invalid, "smtp: " + std::move(what)}; }

// Of the directive's words, those that only make sense together.
struct words_given {
  std::optional<std::string_view> starttls;
  bool ca_file = false;
};

bool is_v6(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return equal_ignoring_case(host, "localhost");
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

status parse_address(std::string_view word, options& into) {
  const bool tls = word.starts_with(tls_scheme);
  if (!tls && !word.starts_with(plain_scheme)) {
    return wrong("where is the server? Write smtp://HOST[:PORT] or smtps://HOST[:PORT] first");
  }
  into.tls = tls ? encryption::from_start : encryption::starttls;
  into.port = tls ? 465 : 25;

  const std::string_view place = word.substr(tls ? tls_scheme.size() : plain_scheme.size());
  if (place.find('@') != std::string_view::npos) {
    return wrong("a log-in does not belong in the address; write user=NAME and password_file=FILE");
  }
  const bool bracketed = place.starts_with('[');
  const std::size_t end = bracketed ? place.find(']') : place.find(':');
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : place.substr(bracketed ? end + 1 : end);
  into.host = bracketed ? place.substr(1, end - 1) : place.substr(0, end);
  const bool named = bracketed ? end != std::string_view::npos && is_v6(into.host) : is_host_name(into.host);
  if (!named) {
    return wrong("\"" + one_line(word) + "\" names no host; write smtp://mail.example.com:25 or smtp://[::1]:25");
  }
  if (rest.empty()) return done{};
  const result<std::uint32_t> port = parse_count(rest.starts_with(':') ? rest.substr(1) : std::string_view(), 1, 65535);
  if (!port) return wrong("\"" + one_line(word) + "\" has no port; write HOST:25");
  into.port = static_cast<int>(*port);
  return done{};
}

std::string full_path(std::string_view file, const std::string& prefix) {
  return file.starts_with('/') ? std::string(file) : prefix + std::string(file);
}

status read_password(std::string_view file, const std::string& prefix, options& into) {
  result<secret> read = read_secret_file(full_path(file, prefix));
  if (!read) return wrong("password_file: " + read.failure().what);
  if (has_control_character(read->reveal())) return wrong("password_file: the password has a control character");
  into.password = std::move(*read);
  return done{};
}

status read_certificates(std::string_view file, const std::string& prefix, options& into) {
  const std::string path = full_path(file, prefix);
  result<std::string> read = read_file(path, 1 << 20);
  if (!read) return wrong("ca_file: " + read.failure().what);
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(BIO_new_mem_buf(read->data(), static_cast<int>(read->size())),
                                                         BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> first(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr),
                                                          X509_free);
  if (!first) return wrong("ca_file: \"" + path + "\" holds no certificate in PEM");
  into.certificates = std::move(*read);
  return done{};
}

status parse_name(std::string_view value, options& into) {
  if (value.starts_with('"')) {
    return wrong("put the quotation marks around the whole word: \"name=Example Accounts\"");
  }
  if (one_line(value) != value || value.size() > longest_name) {
    return wrong("name= is one line of UTF-8, at most " + std::to_string(longest_name) + " bytes");
  }
  into.from.name = value;
  return done{};
}

status parse_timeout(std::string_view value, options& into) {
  const result<millis> time = parse_millis(value);
  if (!time) return wrong("timeout: " + time.failure().what);
  if (*time < millis{1000} || *time > millis{600000}) return wrong("timeout is from 1s to 10m; 30s is the default");
  into.timeout = *time;
  return done{};
}

status parse_setting(std::string_view word, const std::string& prefix, options& into, words_given& given) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
  if (name == "password") return wrong("write password_file=FILE: a password does not belong in the configuration");
  if (value.empty()) return wrong("\"" + one_line(word) + "\" has no value");

  if (name == "name") return parse_name(value, into);
  if (name == "timeout") return parse_timeout(value, into);
  if (name == "password_file") return read_password(value, prefix, into);
  if (name == "from") {
    if (!is_address(value)) return wrong("from=\"" + one_line(value) + "\" is no address; write from=auth@example.com");
    into.from.address = value;
    return done{};
  }
  if (name == "user") {
    if (one_line(value) != value) return wrong("user= has a control character, or is not UTF-8");
    into.user = value;
    return done{};
  }
  if (name == "starttls") {
    given.starttls = value;
    return done{};
  }
  if (name == "ca_file") {
    given.ca_file = true;
    return read_certificates(value, prefix, into);
  }
  return wrong("\"" + one_line(name) +
               "\" is unknown here; write from=, name=, user=, password_file=, starttls=, ca_file= or timeout=");
}

status choose_encryption(const words_given& given, options& into) {
  if (into.tls == encryption::from_start) {
    if (given.starttls)
      return wrong("smtps:// is encrypted from the start, starttls= is for smtp://; drop one of them");
    return done{};
  }
  if (!given.starttls) {
    if (is_loopback(into.host) && !given.ca_file) into.tls = encryption::none;
  } else if (*given.starttls == "try") {
    into.tls = encryption::if_offered;
  } else if (*given.starttls == "off") {
    into.tls = encryption::none;
  } else if (*given.starttls != "required") {
    return wrong("starttls is required, try or off");
  }
  if (given.ca_file && into.tls == encryption::none) {
    return wrong("ca_file= is of no use without TLS; write starttls=required, or drop it");
  }
  return done{};
}

status check_log_in(const options& all) {
  if (all.user.empty() != all.password.empty()) return wrong("user= and password_file= belong together");
  const bool sure = all.tls == encryption::starttls || all.tls == encryption::from_start || is_loopback(all.host);
  if (!all.user.empty() && !sure) {
    return wrong("the password would cross the network in the clear; write starttls=required, or use smtps://");
  }
  return done{};
}

}  // namespace

std::string options::url() const {
  const std::string_view scheme = tls == encryption::from_start ? tls_scheme : plain_scheme;
  return std::string(scheme) + (is_v6(host) ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string options::name() const { return "SMTP " + url(); }

result<options> parse_options(std::span<const std::string_view> words, const std::string& prefix) {
  options parsed;
  const status where = parse_address(words.empty() ? std::string_view() : words[0], parsed);
  if (!where) return where.failure();

  words_given given;
  std::set<std::string_view> seen;
  for (const std::string_view word : words.subspan(1)) {
    const std::string_view name = word.substr(0, word.find('='));
    if (!seen.insert(name).second) return wrong("\"" + one_line(name) + "\" is given twice");
    const status setting = parse_setting(word, prefix, parsed, given);
    if (!setting) return setting.failure();
  }
  if (parsed.from.address.empty()) return wrong("whose mail is it? Write from=ADDRESS");
  const status chosen = choose_encryption(given, parsed);
  if (!chosen) return chosen.failure();
  const status log_in = check_log_in(parsed);
  if (!log_in) return log_in.failure();
  return parsed;
}

}  // namespace gatehouse::smtp

#include "redis/options.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>

#include <memory>
#include <set>

#include "base/duration.h"
#include "base/file.h"

namespace gatehouse::redis {

namespace {

error wrong(std::string what) { return {fault::invalid, "redis: " + std::move(what)}; }

error wrong_value(std::string_view word, const error& why) {
  return wrong("in \"" + std::string(word) + "\": " + why.what);
}

bool is_literal(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

result<std::string> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failed != 0) {
    return wrong("the host \"" + host + "\" cannot be found: " + gai_strerror(failed) +
                 "; write an address, or unix:/path");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  char literal[NI_MAXHOST];
  if (getnameinfo(found->ai_addr, found->ai_addrlen, literal, sizeof literal, nullptr, 0, NI_NUMERICHOST) != 0) {
    return wrong("the host \"" + host + "\" has no usable address");
  }
  return std::string(literal);
}

status parse_socket(std::string_view path, options& into) {
  if (!path.starts_with('/')) return wrong("write the socket's absolute path: unix:/run/redis/redis.sock");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return wrong("the socket's path is longer than 107 bytes");
  into.unix_path = path;
  return done{};
}

// host, host:port, [v6], [v6]:port
status parse_address(std::string_view word, options& into) {
  std::string_view host = word;
  std::string_view port;
  if (word.starts_with('[')) {
    const std::size_t end = word.find(']');
    const std::string_view rest = end == std::string_view::npos ? "" : word.substr(end + 1);
    if (end == std::string_view::npos || (!rest.empty() && !rest.starts_with(':'))) {
      return wrong("\"" + std::string(word) + "\" is no address; write [::1]:6379");
    }
    host = word.substr(1, end - 1);
    if (!rest.empty()) port = rest.substr(1);
  } else if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
    host = word.substr(0, colon);
    port = word.substr(colon + 1);
    if (port.find(':') != std::string_view::npos) return wrong("write an IPv6 address in brackets: [::1]:6379");
  }
  if (host.empty()) return wrong("\"" + std::string(word) + "\" names no host; write 127.0.0.1:6379");

  if (host.size() < word.size() && !word.ends_with(']')) {
    const result<std::uint32_t> number = parse_count(port, 1, 65535);
    if (!number) return wrong_value(word, number.failure());
    into.port = static_cast<int>(*number);
  }
  into.host = host;
  if (is_literal(into.host)) return done{};
  result<std::string> literal = look_up(into.host);
  if (!literal) return literal.failure();
  into.host_name = std::move(into.host);
  into.host = std::move(*literal);
  return done{};
}

template <class T, class Target>
status take(std::string_view word, const result<T>& value, Target& into) {
  if (!value) return wrong_value(word, value.failure());
  into = static_cast<Target>(*value);
  return done{};
}

status parse_timeout(std::string_view word, std::string_view value, options& into) {
  const status parsed = take(word, parse_millis(value), into.timeout);
  if (!parsed) return parsed;
  if (into.timeout < millis{10} || into.timeout > millis{60000}) {
    return wrong("timeout is from 10ms to 60s; 250ms is the default");
  }
  into.connect_timeout = into.timeout;
  return done{};
}

status parse_setting(std::string_view word, std::string_view prefix, options& into) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
  if (name == "password") return wrong("write password_file=FILE: a password does not belong in the configuration");
  if (value.empty()) return wrong("\"" + std::string(word) + "\" has no value");

  if (name == "db") return take(word, parse_count(value, 0, 65535), into.database);
  if (name == "wait") return take(word, parse_count(value, 0, 100), into.wait_replicas);
  if (name == "timeout") return parse_timeout(word, value, into);
  if (name == "user") {
    into.user = value;
    return done{};
  }
  if (name == "password_file") {
    const std::string path = value.starts_with('/') ? std::string(value) : std::string(prefix) + std::string(value);
    return take(word, read_secret_file(path), into.password);
  }
  return wrong("unknown \"" + std::string(name) + "\"; there are db=, user=, password_file=, timeout=, wait=");
}

}  // namespace

std::string options::name() const {
  if (!unix_path.empty()) return "redis unix:" + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return "redis " + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string options::place() const {
  const std::string server = host_name.empty() ? name() : "redis " + host_name + ":" + std::to_string(port);
  return server + "/" + std::to_string(database);
}

result<options> parse_options(std::span<const std::string_view> args, std::string_view prefix) {
  if (args.empty()) return wrong("where is it? Write unix:/path or host:port");
  options parsed;
  constexpr std::string_view unix_scheme = "unix:";
  const status where = args[0].starts_with(unix_scheme) ? parse_socket(args[0].substr(unix_scheme.size()), parsed)
                                                        : parse_address(args[0], parsed);
  if (!where) return where.failure();

  std::set<std::string_view> seen;
  for (const std::string_view word : args.subspan(1)) {
    const std::string_view name = word.substr(0, word.find('='));
    if (!seen.insert(name).second) return wrong("\"" + std::string(name) + "\" is given twice");
    const status setting = parse_setting(word, prefix, parsed);
    if (!setting) return setting.failure();
  }
  if (!parsed.user.empty() && parsed.password.empty()) return wrong("user= needs password_file=");
  return parsed;
}

}  // namespace gatehouse::redis

#include "postgres/options.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "base/duration.h"
#include "base/file.h"

namespace gatehouse::postgres {

namespace {

constexpr std::string_view password_file = "password_file";
constexpr std::string_view spaces = " \t\r\n\f\v";

error wrong(std::string what) { return {fault::invalid, std::move(what)}; }

bool is_uri(std::string_view text) { return text.starts_with("postgresql://") || text.starts_with("postgres://"); }

// libpq repeats what it could not read, so its message may hold a piece of a password.
bool may_hold_password(std::string_view text) {
  if (is_uri(text) && text.find('@') != text.npos) return true;
  for (std::size_t at = text.find("password"); at != text.npos; at = text.find("password", at + 1)) {
    if (!text.substr(at).starts_with(password_file)) return true;
  }
  return false;
}

result<parameter_list> parse_conninfo(const std::string& text) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> read(PQconninfoParse(text.c_str(), &message),
                                                                          PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> kept(message, PQfreemem);
  if (!read) {
    std::string reason = "a password does not belong here, write password_file=FILE";
    if (!may_hold_password(text)) reason = message != nullptr ? message : "out of memory";
    reason.erase(reason.find_last_not_of(spaces) + 1);
    return wrong("not a connection string of libpq: " + reason);
  }
  parameter_list given;
  for (const PQconninfoOption* each = read.get(); each->keyword != nullptr; ++each) {
    if (each->val != nullptr) given.emplace_back(each->keyword, each->val);
  }
  return given;
}

std::string* find(parameter_list& in, std::string_view keyword) {
  const auto found = std::find_if(in.begin(), in.end(), [&](const auto& each) { return each.first == keyword; });
  return found == in.end() ? nullptr : &found->second;
}

// Where our own keyword stands in a connection string: all of it, and its value still quoted.
struct extent {
  std::size_t begin, value, end;
};

std::optional<extent> find_in_uri(std::string_view text) {
  for (std::size_t at = text.find('?'); at != text.npos; at = text.find('&', at + 1)) {
    const std::size_t begin = at + 1;
    const std::size_t value = begin + password_file.size() + 1;
    if (!text.substr(begin).starts_with(password_file) || text.substr(value - 1, 1) != "=") continue;
    const std::size_t end = std::min(text.find('&', value), text.size());
    return extent{begin, value, std::min(end + 1, text.size())};
  }
  return std::nullopt;
}

// Walks over KEYWORD = VALUE as libpq does. What it cannot walk over, libpq refuses with a message of its own.
std::optional<extent> find_in_keywords(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find_first_not_of(spaces, at)) != text.npos) {
    const std::size_t begin = at;
    const std::size_t equals = text.find('=', at);
    if (equals == text.npos) return std::nullopt;
    std::string_view keyword = text.substr(begin, equals - begin);
    keyword = keyword.substr(0, keyword.find_last_not_of(spaces) + 1);

    const std::size_t value = std::min(text.find_first_not_of(spaces, equals + 1), text.size());
    const bool quoted = value < text.size() && text[value] == '\'';
    const std::string_view stops = quoted ? std::string_view("'") : spaces;
    for (at = quoted ? value + 1 : value; at < text.size() && stops.find(text[at]) == stops.npos; ++at) {
      if (text[at] == '\\') ++at;
    }
    at = std::min(quoted ? at + 1 : at, text.size());
    if (keyword == password_file) return extent{begin, value, at};
  }
  return std::nullopt;
}

// Takes password_file out of a connection string, for libpq does not know it.
result<std::optional<std::string>> take_password_file(std::string& conninfo) {
  const bool uri = is_uri(conninfo);
  const std::optional<extent> found = uri ? find_in_uri(conninfo) : find_in_keywords(conninfo);
  if (!found) return std::optional<std::string>();

  // libpq itself undoes its quoting, under the name of a keyword that it does know.
  std::string quoted = conninfo.substr(found->value, found->end - found->value);
  if (uri && quoted.ends_with('&')) quoted.pop_back();
  result<parameter_list> value = parse_conninfo((uri ? "postgresql:///?passfile=" : "passfile=") + quoted);
  if (!value) return value.failure();
  const std::string* file = find(*value, "passfile");
  conninfo.erase(found->begin, found->end - found->begin);
  return std::optional<std::string>(file != nullptr ? *file : "");
}

status read_password(options& into, const std::string& file, const std::string& prefix) {
  if (!into.password.empty()) return wrong("password_file is given twice");
  if (file.empty()) return wrong("password_file names no file; write password_file=FILE");
  result<secret> password = read_secret_file(file.starts_with('/') ? file : prefix + file);
  if (!password) return wrong("password_file: " + password.failure().what);
  into.password = std::move(*password);
  return done{};
}

status apply_argument(options& into, std::string_view word, const std::string& prefix) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = equals == word.npos ? std::string_view() : word.substr(equals + 1);
  const auto complain = [name](const error& about) { return wrong(std::string(name) + ": " + about.what); };

  if (name == password_file) return read_password(into, std::string(value), prefix);
  if (name == "pool" || name == "queue") {
    const result<std::uint32_t> count = parse_count(value, 1, name == "pool" ? 100 : 10000);
    if (!count) return complain(count.failure());
    (name == "pool" ? into.pool : into.queue) = *count;
    return done{};
  }
  if (name == "timeout") {
    const result<millis> time = parse_millis(value);
    if (!time) return complain(time.failure());
    if (*time < millis(1) || *time > millis(600000)) return wrong("timeout: write a time from 1ms to 10m, such as 2s");
    into.timeout = *time;
    return done{};
  }
  return wrong("\"" + std::string(name) +
               "\" is unknown here; put the whole connection string in quotation marks, and after it write pool=N, "
               "queue=N, timeout=TIME or password_file=FILE");
}

void complete(options& into) {
  parameter_list& all = into.parameters;
  for (const char* keyword : {"service", "host", "hostaddr", "port", "dbname", "user"}) {
    const std::string* value = find(all, keyword);
    if (value == nullptr) continue;
    into.server.append(into.server.empty() ? "" : " ").append(keyword).append("=").append(*value);
  }
  into.server = "PostgreSQL (" + (into.server.empty() ? "libpq's default" : into.server) + ")";

  const auto set_default = [&all](const char* keyword, const char* value) {
    if (find(all, keyword) == nullptr) all.emplace_back(keyword, value);
  };
  set_default("fallback_application_name", "gatehouse");
  set_default("connect_timeout", "2");  // per host; libpq knows nothing shorter
  std::erase_if(all, [](const auto& each) { return each.first == "client_encoding"; });
  all.emplace_back("client_encoding", "UTF8");

  // Of two settings the last one counts, so an operator's own statement_timeout wins.
  const std::string limit = "-c statement_timeout=" + std::to_string(into.timeout.count());
  if (std::string* theirs = find(all, "options")) {
    into.own_options = *theirs;
    *theirs = limit + " " + *theirs;
  } else {
    all.emplace_back("options", limit);
  }
}

}  // namespace

parameter_list options::parameters_for_pgbouncer() const {
  parameter_list all = parameters;
  std::erase_if(all, [](const auto& each) { return each.first == "options"; });
  if (!own_options.empty()) all.emplace_back("options", own_options);
  return all;
}

result<options> parse_options(const std::string& conninfo, const std::vector<std::string>& arguments,
                              const std::string& prefix) {
  options parsed;
  std::string for_libpq = conninfo;
  const result<std::optional<std::string>> file = take_password_file(for_libpq);
  if (!file) return file.failure();
  if (*file) {
    const status read = read_password(parsed, **file, prefix);
    if (!read) return read.failure();
  }
  for (const std::string& word : arguments) {
    const status applied = apply_argument(parsed, word, prefix);
    if (!applied) return applied.failure();
  }

  result<parameter_list> given = parse_conninfo(for_libpq);
  if (!given) return given.failure();
  parsed.parameters = std::move(*given);
  if (find(parsed.parameters, "password") != nullptr) {
    return wrong("a password does not belong into the configuration; put it in a file and write password_file=FILE");
  }
  if (find(parsed.parameters, "sslpassword") != nullptr) {
    return wrong("sslpassword does not belong into the configuration; use a key without one that only root can read");
  }
  complete(parsed);
  return parsed;
}

}  // namespace gatehouse::postgres

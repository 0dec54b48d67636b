#include "gate/host_list.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gate/origin.h"

namespace gatehouse::gate {

namespace {

constexpr std::string_view https = "https://";
constexpr std::string_view http = "http://";

struct split_origin {
  std::string_view scheme, name, port;
};

// Of an origin; without a scheme: of a name and its port.
split_origin split(std::string_view text) {
  split_origin parts;
  for (const std::string_view scheme : {https, http}) {
    if (!text.starts_with(scheme)) continue;
    parts.scheme = text.substr(0, scheme.size());
    text.remove_prefix(scheme.size());
    break;
  }
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  parts.name = text.substr(0, has_port ? colon : text.size());
  if (has_port) parts.port = text.substr(colon);
  return parts;
}

}  // namespace

std::string host_name(std::string_view host_header) {
  std::string_view name = split(host_header).name;
  if (name.ends_with('.')) name.remove_suffix(1);
  return ascii_lower(name);
}

bool is_host_of(std::string_view host_header, std::string_view name) {
  std::string_view said = split(host_header).name;
  if (said.ends_with('.')) said.remove_suffix(1);
  return equal_ignoring_case(said, name);
}

status host_list::add(std::string_view word, std::string_view usual) {
  const std::string lower = ascii_lower(word);
  split_origin said = split(lower);
  const bool has_scheme = !said.scheme.empty();
  if (!has_scheme) {
    const split_origin like = split(usual);
    if (said.port.empty()) said.port = like.port;
    said.scheme = like.scheme;
  }
  const bool is_wildcard = said.name.starts_with("*.");
  const std::string_view name = is_wildcard ? said.name.substr(1) : said.name;
  const std::string origin = std::string(said.scheme).append(is_wildcard ? name.substr(1) : name).append(said.port);
  if (!is_origin(origin)) {
    return error{fault::invalid,
                 "\"" + std::string(word) + "\" is no host; write HOST, *.HOST or https://HOST:PORT, without a path"};
  }
  entries_.push_back(
      {std::string(said.scheme), std::string(name), std::string(said.port), is_wildcard, has_scheme, false});
  return done{};
}

void host_list::add_server(std::string_view name, bool secure, unsigned port, std::string_view usual) {
  const split_origin like = split(usual);
  const bool has_front = !secure && like.scheme == https;
  const bool is_usual_port = port == (secure ? 443U : 80U);
  entry listed{std::string(secure || has_front ? https : http), ascii_lower(name), "", false, false, true};
  if (has_front) {
    listed.port = like.port;
  } else if (!is_usual_port) {
    listed.port = ":" + std::to_string(port);
  }
  const bool is_known = std::ranges::any_of(entries_, [&](const entry& each) {
    return each.from_server && each.scheme == listed.scheme && each.name == listed.name && each.port == listed.port;
  });
  if (!is_known && is_origin(listed.scheme + listed.name + listed.port)) entries_.push_back(std::move(listed));
}

bool host_list::contains(std::string_view origin) const {
  if (!is_origin(origin)) return false;
  const split_origin asked = split(origin);
  return std::ranges::any_of(entries_, [&](const entry& each) {
    return each.scheme == asked.scheme && each.port == asked.port && fits(each, asked.name) && !is_superseded(each);
  });
}

std::optional<std::string> host_list::origin_of(std::string_view name, std::string_view host_header) const {
  const std::string_view port = split(host_header).port;
  std::optional<std::string> first;
  for (const entry& each : entries_) {
    if (!fits(each, name) || is_superseded(each)) continue;
    std::string origin = each.scheme + std::string(name) + each.port;
    if (!is_origin(origin)) continue;
    if (each.port == port) return origin;
    if (!first) first = std::move(origin);
  }
  return first;
}

std::vector<std::string> host_list::texts() const {
  std::vector<std::string> all;
  for (const entry& each : entries_) {
    std::string text = each.scheme + (each.is_wildcard ? "*" : "") + each.name + each.port;
    if (!is_superseded(each) && std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
  }
  return all;
}

bool host_list::fits(const entry& each, std::string_view name) {
  if (!each.is_wildcard) return each.name == name;
  return name.size() > each.name.size() && name.ends_with(each.name);
}

// A server's own address, where the directive gives another; a name alone, where a server has it.
bool host_list::is_superseded(const entry& each) const {
  if (each.has_scheme || each.is_wildcard) return false;
  return std::ranges::any_of(entries_, [&](const entry& other) {
    const bool has_its_name = !other.is_wildcard && other.name == each.name;
    return has_its_name && (other.has_scheme || (other.from_server && !each.from_server));
  });
}

}  // namespace gatehouse::gate

#include "view/template_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace gatehouse::view {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

struct tag {
  char kind = 0;          // '#', '^', '/', '>', '!', '&' or '{'; 0: a plain name
  std::string_view name;  // without blanks around it
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::string line_at(std::string_view text, std::size_t at) {
  return "line " + std::to_string(1 + std::ranges::count(text.substr(0, at), '\n'));
}
std::string place_of(std::string_view text, std::size_t at) { return line_at(text, at) + ": "; }

// As it stands there, but for blanks.
std::string words_of(const tag& shown) {
  return "{{" + (shown.kind != 0 ? std::string(1, shown.kind) : "") + std::string(shown.name) + "}}";
}

std::string_view trim_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The next tag from `from` on; one without an end has none.
std::optional<tag> next_tag(std::string_view text, std::size_t from) {
  constexpr std::string_view kinds = "#^/>!&{";
  tag found;
  found.begin = text.find(opening, from);
  if (found.begin == std::string_view::npos) return std::nullopt;
  std::size_t inner = found.begin + opening.size();
  if (inner < text.size() && kinds.find(text[inner]) != std::string_view::npos) found.kind = text[inner++];
  const std::string_view end = found.kind == '{' ? "}}}" : closing;
  const std::size_t until = text.find(end, inner);
  found.end = until == std::string_view::npos ? until : until + end.size();
  if (until != std::string_view::npos) found.name = trim_blanks(text.substr(inner, until - inner));
  return found;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

// Is `path`, such as "login.title", in the table?
bool has_text(const nlohmann::json& texts, std::string_view path) {
  const nlohmann::json* at = &texts;
  while (true) {
    const std::string_view name = path.substr(0, path.find('.'));
    const auto found = at->is_object() ? at->find(name) : at->end();
    if (found == at->end()) return false;
    if (name.size() == path.size()) return true;
    path.remove_prefix(name.size() + 1);
    at = &*found;
  }
}

// What is wrong with a tag by itself; empty: nothing.
std::string fault_of(const tag& found, std::string_view text, const surroundings& around) {
  constexpr std::string_view texts = "text.";
  constexpr std::string_view assets = "assets/";
  const std::string shown = words_of(found);
  if (!is_name(found.name)) return "the {{ here is not followed by a name and }}";
  if (found.kind == '>' && !around.files.contains(std::string(found.name) + ".html")) {
    return "there is no file \"" + std::string(found.name) + ".html\" for " + shown;
  }
  if (found.kind != '>' && found.name.starts_with(texts) && !has_text(around.texts, found.name.substr(texts.size()))) {
    return shown + " is not in en.json";
  }
  std::string_view behind = text.substr(found.end);
  if (found.name == "mount" && behind.starts_with(assets)) {
    behind.remove_prefix(assets.size());
    const std::string_view name = behind.substr(0, behind.find_first_of("\"'?# >\n"));
    if (!around.has_asset(name)) return "there is no file \"assets/" + std::string(name) + "\"";
  }
  return {};
}

}  // namespace

status check_template(std::string_view text, const surroundings& around) {
  if (text.starts_with("\xEF\xBB\xBF")) return error{fault::invalid, "begins with a byte order mark; save it without"};
  const auto fault_at = [text](std::size_t at, const std::string& what) {
    return error{fault::invalid, place_of(text, at) + what};
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = code_point_length(text, at);
    if (length == 0) return fault_at(at, "not UTF-8; save it in that encoding");
    at += length;
  }

  std::vector<tag> open;
  for (std::optional<tag> found = next_tag(text, 0); found; found = next_tag(text, found->end)) {
    if (found->end == std::string_view::npos) return fault_at(found->begin, "the {{ here has no }}");
    if (found->kind == '!') continue;
    const std::string wrong = fault_of(*found, text, around);
    if (!wrong.empty()) return fault_at(found->begin, wrong);
    if (found->kind == '#' || found->kind == '^') open.push_back(*found);
    if (found->kind != '/') continue;
    if (open.empty()) return fault_at(found->begin, words_of(*found) + " closes nothing");
    if (open.back().name != found->name) {
      return fault_at(found->begin, words_of(*found) + " stands where " + words_of(open.back()) + " of " +
                                        line_at(text, open.back().begin) + " should be closed");
    }
    open.pop_back();
  }
  if (open.empty()) return done{};
  return fault_at(open.back().begin, words_of(open.back()) + " is never closed");
}

result<std::string> put_parts_in(const files_by_name& files, const std::string& name, unsigned depth) {
  constexpr unsigned deepest = 8;
  if (depth > deepest) return error{fault::invalid, "its parts hold each other"};
  const std::string_view text = files.find(name)->second;
  std::string whole;
  std::size_t copied = 0;
  for (std::optional<tag> found = next_tag(text, 0); found; found = next_tag(text, found->end)) {
    if (found->kind != '>') continue;
    whole.append(text.substr(copied, found->begin - copied));
    copied = found->end;
    result<std::string> inner = put_parts_in(files, std::string(found->name) + ".html", depth + 1);
    if (!inner) return inner;
    whole.append(*inner);
  }
  whole.append(text.substr(copied));
  return whole;
}

}  // namespace gatehouse::view

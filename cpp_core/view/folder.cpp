#include "view/folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <kainjow/mustache.hpp>
#include <vector>

#include "base/base64url.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "view/language.h"

namespace gatehouse::view {

namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

using files_by_name = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::string_view english = "en";

using content_type_row = std::pair<std::string_view, std::string_view>;
constexpr std::array<content_type_row, 10> content_types{{
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
}};

error wrong(const std::string& file, std::string what) {
  return {fault::invalid, "\"" + file + "\": " + std::move(what)};
}

data to_data(const nlohmann::json& value) {
  if (value.is_object()) {
    data object(data::type::object);
    for (const auto& [name, member] : value.items()) object.set(name, to_data(member));
    return object;
  }
  if (value.is_array()) {
    data list(data::type::list);
    for (const nlohmann::json& each : value) list.push_back(to_data(each));
    return list;
  }
  if (value.is_string() && !value.get_ref<const std::string&>().empty()) return {value.get<std::string>()};
  if (value.is_number()) return {value.dump()};
  return {value.is_boolean() && value.get<bool>()};
}

// The files of a directory by name, without what lies deeper.
result<files_by_name> read_files(const std::string& directory) {
  files_by_name files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || !entry.is_regular_file(failed)) continue;
    result<std::string> bytes = read_file(entry.path().string(), most_bytes);
    if (!bytes) return bytes.failure();
    files.emplace(name, std::move(*bytes));
  }
  if (failed) return error{fault::invalid, "cannot read the folder \"" + directory + "\": " + failed.message()};
  return files;
}

std::string without_blanks(std::string_view text) {
  std::string kept(text);
  std::erase(kept, ' ');
  return kept;
}

// A template with its parts, {{> _NAME}}, put in.
result<std::string> put_parts_in(const files_by_name& files, const std::string& name, unsigned depth) {
  constexpr unsigned deepest = 8;
  constexpr std::string_view opening = "{{>";
  constexpr std::string_view closing = "}}";
  std::string_view rest = files.find(name)->second;
  std::string whole;
  for (;;) {
    const std::size_t begin = rest.find(opening);
    whole.append(rest.substr(0, begin));
    if (begin == std::string_view::npos) return whole;
    rest.remove_prefix(begin + opening.size());
    const std::size_t end = rest.find(closing);
    if (end == std::string_view::npos) return error{fault::invalid, "a {{> has no }}"};
    const std::string part = without_blanks(rest.substr(0, end)) + ".html";
    rest.remove_prefix(end + closing.size());
    if (!files.contains(part)) return error{fault::invalid, "there is no file \"" + part + "\" for its {{> }}"};
    if (depth == deepest) return error{fault::invalid, "its parts hold each other"};
    result<std::string> inner = put_parts_in(files, part, depth + 1);
    if (!inner) return inner;
    whole.append(*inner);
  }
}

std::string etag_of(std::string_view bytes) {
  const sha256_digest digest = sha256_hasher()(bytes);
  const std::string_view first(reinterpret_cast<const char*>(digest.data()), 12);
  return '"' + base64url_encode(first) + '"';
}

std::string_view suffix_of(std::string_view name) { return name.substr(std::min(name.rfind('.'), name.size())); }

bool is_template(std::string_view name) {
  constexpr std::array<std::string_view, 3> suffixes{".html", ".txt", ".css"};
  return !name.starts_with('_') && std::ranges::find(suffixes, suffix_of(name)) != suffixes.end();
}

}  // namespace

struct folder::page {
  // Rendering notes errors in the template itself; a worker has one thread.
  std::unique_ptr<mustache> compiled;
};

struct folder::language {
  nlohmann::json texts;
  data values;  // {"text": texts}
};

asset make_asset(std::string_view content_type, std::string bytes) {
  std::string etag = etag_of(bytes);
  return {content_type, std::move(bytes), std::move(etag)};
}

folder::folder() = default;
folder::folder(folder&&) noexcept = default;
folder& folder::operator=(folder&&) noexcept = default;
folder::~folder() = default;

result<folder> folder::load(const std::string& directory, std::span<const std::string_view> required) {
  const result<files_by_name> files = read_files(directory);
  if (!files) return files.failure();
  for (const std::string_view name : required) {
    if (!files->contains(name)) {
      return error{fault::invalid, "the folder \"" + directory + "\" has no \"" + std::string(name) + "\""};
    }
  }
  folder made;
  for (const status& read :
       {made.read_templates(directory, *files), made.read_languages(directory, *files), made.read_assets(directory)}) {
    if (!read) return read.failure();
  }
  return made;
}

status folder::read_templates(const std::string& directory, const files_by_name& files) {
  for (const auto& [name, bytes] : files) {
    if (!is_template(name)) continue;
    const result<std::string> whole = put_parts_in(files, name, 0);
    if (!whole) return wrong(directory + "/" + name, whole.failure().what);
    auto compiled = std::make_unique<mustache>(*whole);
    if (!compiled->is_valid()) return wrong(directory + "/" + name, compiled->error_message());
    if (name.ends_with(".txt")) compiled->set_custom_escape([](const std::string& text) { return text; });
    pages_.emplace(name, page{std::move(compiled)});
  }
  return done{};
}

status folder::read_languages(const std::string& directory, const files_by_name& files) {
  const auto english_file = files.find("en.json");
  if (english_file == files.end()) return error{fault::invalid, "the folder \"" + directory + "\" has no \"en.json\""};
  for (const auto& [name, bytes] : files) {
    if (!name.ends_with(".json")) continue;
    nlohmann::json texts = nlohmann::json::object();
    for (const std::string* table : {&english_file->second, &bytes}) {
      const result<nlohmann::json> read = read_json(*table);
      if (!read) return wrong(directory + "/" + name, read.failure().what);
      texts.merge_patch(*read);
    }
    data values(data::type::object);
    values.set("text", to_data(texts));
    languages_.emplace(ascii_lower(name.substr(0, name.rfind('.'))), language{std::move(texts), std::move(values)});
  }
  return done{};
}

status folder::read_assets(const std::string& directory) {
  const std::string inner = directory + "/assets";
  if (!std::filesystem::is_directory(inner)) return done{};
  result<files_by_name> files = read_files(inner);
  if (!files) return files.failure();
  for (auto& [name, bytes] : *files) {
    const auto type = std::ranges::find(content_types, suffix_of(name), &content_type_row::first);
    if (type == content_types.end()) return wrong(inner + "/" + name, "is of a type that the pages do not use");
    assets_.emplace(name, make_asset(type->second, std::move(bytes)));
  }
  return done{};
}

std::string_view folder::language_for(std::string_view accept_language) const {
  std::vector<std::string_view> known;
  for (const auto& [name, texts] : languages_) known.push_back(name);
  return choose_language(accept_language, known).value_or(english);
}

std::string folder::render(std::string_view name, std::string_view in_language, const nlohmann::json& values) const {
  const auto which = pages_.find(name);
  if (which == pages_.end()) return {};
  auto spoken = languages_.find(in_language);
  if (spoken == languages_.end()) spoken = languages_.find(english);
  const data said = to_data(values);
  kainjow::mustache::context<std::string> looked_up(&spoken->second.values);
  looked_up.push(&said);
  return which->second.compiled->render(looked_up);
}

std::string folder::text(std::string_view group, std::string_view name, std::string_view in_language) const {
  auto spoken = languages_.find(in_language);
  if (spoken == languages_.end()) spoken = languages_.find(english);
  const nlohmann::json& texts = spoken->second.texts;
  const auto table = texts.find(group);
  if (table == texts.end() || !table->is_object()) return {};
  const auto found = table->find(name);
  return found != table->end() && found->is_string() ? found->get<std::string>() : std::string();
}

const asset* folder::find_asset(std::string_view name) const {
  const auto found = assets_.find(name);
  return found == assets_.end() ? nullptr : &found->second;
}

}  // namespace gatehouse::view

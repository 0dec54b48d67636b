#include "view/folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <kainjow/mustache.hpp>
#include <vector>

#include "base/base64url.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "view/language.h"
#include "view/template_text.h"

namespace gatehouse::view {

namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

constexpr std::string_view english = "en";

using content_type_row = std::pair<std::string_view, std::string_view>;
constexpr std::array<content_type_row, 13> content_types{{
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
}};

error wrong(const std::string& directory, const std::string& file, const std::string& what) {
  return {fault::invalid, "\"" + directory + "/" + file + "\": " + what};
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

std::string etag_of(std::string_view bytes) {
  const sha256_digest digest = sha256_hasher()(bytes);
  const std::string_view first(reinterpret_cast<const char*>(digest.data()), 12);
  return '"' + base64url_encode(first) + '"';
}

std::string_view suffix_of(std::string_view name) { return name.substr(std::min(name.rfind('.'), name.size())); }

bool is_template(std::string_view name) {
  constexpr std::array<std::string_view, 3> suffixes{".html", ".txt", ".css"};
  return std::ranges::find(suffixes, suffix_of(name)) != suffixes.end();
}

std::string types_of_assets() {
  std::string all;
  for (const auto& [suffix, type] : content_types) all.append(all.empty() ? "" : " ").append(suffix);
  return all;
}

// A table of a language: texts, and groups of texts.
result<nlohmann::json> read_table(std::string_view bytes) {
  result<nlohmann::json> table = read_json(bytes);
  if (!table) return table;
  if (!table->is_object()) return error{fault::invalid, "must be an object of texts and groups of texts"};
  for (const auto& [name, entry] : table->items()) {
    const bool is_group =
        entry.is_object() && std::ranges::all_of(entry, [](const auto& each) { return each.is_string(); });
    if (!is_group && !entry.is_string()) {
      return error{fault::invalid, "\"" + name + "\" must be a text, or an object of texts"};
    }
  }
  return table;
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
  const result<files_by_name> files = read_files(directory, directory);
  if (!files) return files.failure();
  for (const std::string_view name : required) {
    if (!files->contains(name)) {
      return error{fault::invalid, "the folder \"" + directory + "\" has no \"" + std::string(name) + "\""};
    }
  }
  folder loaded;
  status read = loaded.read_assets(directory, *files);
  if (read) read = loaded.read_languages(directory, *files);
  if (read) read = loaded.read_templates(directory, *files);
  if (!read) return read.failure();
  return loaded;
}

status folder::read_templates(const std::string& directory, const files_by_name& files) {
  const auto has_asset = [&](std::string_view name) {
    return assets_.contains(name) || (name == "theme.css" && files.contains(name));
  };
  const surroundings around{files, languages_.find(english)->second.texts, has_asset};
  for (const auto& [name, bytes] : files) {
    if (!is_template(name)) continue;
    const status checked = check_template(bytes, around);
    if (!checked) return wrong(directory, name, checked.failure().what);
  }
  for (const auto& [name, bytes] : files) {
    if (!is_template(name) || name.starts_with('_')) continue;
    const result<std::string> whole = put_parts_in(files, name);
    if (!whole) return wrong(directory, name, whole.failure().what);
    auto compiled = std::make_unique<mustache>(*whole);
    if (!compiled->is_valid()) return wrong(directory, name, compiled->error_message());
    if (name.ends_with(".txt")) compiled->set_custom_escape([](const std::string& text) { return text; });
    pages_.emplace(name, page{std::move(compiled)});
  }
  return done{};
}

status folder::read_languages(const std::string& directory, const files_by_name& files) {
  const auto english_file = files.find("en.json");
  if (english_file == files.end()) return error{fault::invalid, "the folder \"" + directory + "\" has no \"en.json\""};
  const result<nlohmann::json> english_texts = read_table(english_file->second);
  if (!english_texts) return wrong(directory, "en.json", english_texts.failure().what);
  for (const auto& [name, bytes] : files) {
    if (!name.ends_with(".json")) continue;
    const result<nlohmann::json> own = read_table(bytes);
    if (!own) return wrong(directory, name, own.failure().what);
    nlohmann::json texts = *english_texts;
    for (const auto& [entry, value] : own->items()) {
      const bool is_other = texts.contains(entry) && texts[entry].type() != value.type();
      if (is_other) return wrong(directory, name, "\"" + entry + "\" must be what it is in en.json");
    }
    texts.merge_patch(*own);
    data values(data::type::object);
    values.set("text", to_data(texts));
    languages_.emplace(ascii_lower(name.substr(0, name.rfind('.'))), language{std::move(texts), std::move(values)});
  }
  return done{};
}

status folder::read_assets(const std::string& directory, const files_by_name& templates) {
  const std::string inner = directory + "/assets";
  std::error_code unknown;
  if (!std::filesystem::is_directory(inner, unknown)) return done{};
  result<files_by_name> files = read_files(inner, directory);
  if (!files) return files.failure();
  for (auto& [name, bytes] : *files) {
    const auto type = std::ranges::find(content_types, ascii_lower(suffix_of(name)), &content_type_row::first);
    if (type == content_types.end()) {
      return wrong(inner, name, "is of a type that the pages do not use; they use " + types_of_assets());
    }
    if (templates.contains(name)) {
      return wrong(inner, name, "would never be seen: the template \"" + name + "\" has its address");
    }
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

std::map<std::string, std::string> folder::texts(std::string_view group, std::string_view in_language) const {
  auto spoken = languages_.find(in_language);
  if (spoken == languages_.end()) spoken = languages_.find(english);
  std::map<std::string, std::string> all;
  const auto table = spoken->second.texts.find(group);
  if (table != spoken->second.texts.end() && table->is_object()) table->get_to(all);
  return all;
}

const asset* folder::find_asset(std::string_view name) const {
  const auto found = assets_.find(name);
  return found == assets_.end() ? nullptr : &found->second;
}

}  // namespace gatehouse::view

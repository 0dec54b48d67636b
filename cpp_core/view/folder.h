// A folder of plain files that an operator may copy and restyle: Mustache templates, their texts in one table per
// language, and what the pages refer to. Read whole while nginx reads its configuration; nothing touches the disk
// later.
//
//     NAME.html, NAME.txt, NAME.css   templates; in .txt nothing is escaped, elsewhere {{x}} is, for HTML
//     _NAME.html                      a part of others: {{> _NAME}}
//     en.json, LANGUAGE.json          texts, as {{text.…}}; what a language lacks is English
//     assets/*                        style sheets, scripts, pictures, as they are
//
// What is wrong with any of them is found while it is read, and said with the file and, of a template, the line.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "view/folder_files.h"

namespace gatehouse::view {

struct asset {
  std::string_view content_type;
  std::string bytes;
  std::string etag;  // strong, with its quotes (RFC 9110, 8.8.3)
};

asset make_asset(std::string_view content_type, std::string bytes);

class folder {
 public:
  // `required`: the templates that must be there. An error names the file and what is wrong with it.
  static result<folder> load(const std::string& directory, std::span<const std::string_view> required);

  folder(folder&&) noexcept;
  folder& operator=(folder&&) noexcept;
  ~folder();

  // The language that fits an Accept-Language header best (RFC 9110, 12.5.4); "en" where none does.
  std::string_view language_for(std::string_view accept_language) const;

  // A template with these values. null, empty strings and what is absent are false to a section and print nothing.
  std::string render(std::string_view name, std::string_view language, const nlohmann::json& values) const;

  // One text of a group of the table, e.g. "subject" of "verify". Empty: no language has it.
  std::string text(std::string_view group, std::string_view name, std::string_view language) const;

  // All texts of a group.
  std::map<std::string, std::string> texts(std::string_view group, std::string_view language) const;

  const asset* find_asset(std::string_view name) const;  // null: there is none

 private:
  struct page;
  struct language;

  folder();
  status read_templates(const std::string& directory, const files_by_name& files);
  status read_languages(const std::string& directory, const files_by_name& files);
  status read_assets(const std::string& directory, const files_by_name& templates);

  std::map<std::string, page, std::less<>> pages_;
  std::map<std::string, language, std::less<>> languages_;
  std::map<std::string, asset, std::less<>> assets_;
};

}  // namespace gatehouse::view

// The text of a Mustache template, before the library compiles it: what is wrong with it is said with the line of the
// file that it is in, which the library cannot know once the parts are put in.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "view/folder_files.h"

namespace gatehouse::view {

// What a template may refer to.
struct surroundings {
  const files_by_name& files;   // its parts
  const nlohmann::json& texts;  // the English table: {{text.…}}
  std::function<bool(std::string_view)> has_asset;
};

// UTF-8; tags that end and name something that is there; sections that are closed where they were opened, in the same
// file. The error says which line.
status check_template(std::string_view text, const surroundings& around);

// A template with its parts, {{> _NAME}}, put in. All of them have passed check_template().
result<std::string> put_parts_in(const files_by_name& files, const std::string& name, unsigned depth = 0);

}  // namespace gatehouse::view

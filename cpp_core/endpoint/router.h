// Which row of a dialect's table a method and a path mean.
#pragma once

#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::endpoint {

struct match {
  const dialect::route* route = nullptr;  // nullptr: see `allowed`
  std::string id;                         // what stands for ":id"; empty: the route has none such
  std::string user;                       // likewise for ":user"
  std::string allowed;                    // the methods of the path, comma-separated; empty: there is no such path
};

// The one that a slash at the end does not change: "users/" is "users" in every dialect.
std::string_view without_trailing_slash(std::string_view path);

// HEAD is GET. `path` as above.
match find_route(const dialect::dialect& spoken, std::string_view method, std::string_view path);

// Which side of a dialect answers: its pages, for a page or a urlencoded form that they have a route for, else itself.
const dialect::dialect& choose_side(const dialect::dialect& spoken, bool with_pages, std::string_view method,
                                    std::string_view path, std::string_view content_type);

// The methods of a path on both sides, for an Allow header; empty: there is no such path.
std::string allowed_methods(const dialect::dialect& spoken, bool with_pages, std::string_view path);

// Might the request's body be wanted, whatever its type?
bool reads_body(const dialect::dialect& spoken, std::string_view method, std::string_view path);

}  // namespace gatehouse::endpoint

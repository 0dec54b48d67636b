// A response of the core as gatehouse.h hands it to the host.
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "door/configuration.h"

namespace gatehouse {

inline void give_reply(const dialect::response& given, void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  std::vector<gh_header> headers;
  for (const auto& [name, value] : given.headers) headers.push_back({door_string(name), door_string(value)});
  const gh_reply reply{given.status, headers.data(), headers.size(), door_string(given.body)};
  answer(arg, &reply);
}

}  // namespace gatehouse

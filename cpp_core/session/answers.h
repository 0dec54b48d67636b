// What the scripts answer, decoded. A shape that no script gives is fault::internal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "redis/reply.h"
#include "session/census.h"
#include "session/session.h"

namespace gatehouse::session {

// The name of the outcome; empty if there is none.
std::string_view outcome_of(const redis::reply& answer);

// Outcome, time, the fields of the session. More may follow, from `head_size` on.
constexpr std::size_t head_size = 17;
result<head> decode_head(const redis::reply& answer, std::string sid);

// The elements from `first` on.
result<std::vector<listed>> decode_rows(const redis::reply& answer, std::size_t first);

result<std::vector<counted>> decode_counted(const redis::reply& answer, std::size_t first);

std::string_view policy_name(policy of);

error unexpected(std::string_view script);

}  // namespace gatehouse::session

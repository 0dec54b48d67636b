// The sums as text: Prometheus' exposition format 0.0.4, or JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/tally.h"

namespace gatehouse::metrics {

// What is shown of one realm.
struct shown_realm {
  std::string name;
  shared_words sums;
  bool feed_is_read = false;  // has the feed of revocations been read to its end since nginx started?
  double feed_age = 0;        // seconds since it last was
  double table_fill = 0;      // 0 to 1, of the table that all realms share
};

// A family of `# HELP`, `# TYPE` and samples after the other.
std::string prometheus_text(std::span<const shown_realm> realms);
// {"realms": {"main": {"logins_total": {"succeeded": 1, …}, …}}}
std::string json_text(std::span<const shown_realm> realms);

}  // namespace gatehouse::metrics

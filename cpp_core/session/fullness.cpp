#include "session/fullness.h"

#include <algorithm>

namespace gatehouse::session {

namespace {

constexpr millis between_looks{2000};
constexpr unsigned nearly_full = 75;     // percent
constexpr unsigned no_longer_full = 60;  // from here on it may be said again
constexpr unix_seconds an_hour = 3600;

}  // namespace

void fullness::start() {
  auto fire = [this] {
    look();
    start();
  };
  timer_.start(between_looks, fire, true);
}

void fullness::look() {
  if (watched_.empty()) return;
  look_at_fill(watched_.front().table, steady_seconds());
  for (const watched& each : watched_) look_at_floor(each);
}

void fullness::look_at_fill(const revocations& table, unix_seconds now) {
  std::atomic<unix_seconds>& told = revocations::told_of_fill(table.shared());
  const unsigned percent = std::min(100U, table.percent_full(now));
  if (percent < no_longer_full) told = 0;
  if (percent < nearly_full || told.exchange(now) != 0) return;
  host_.log(severity::warn, "gatehouse_zone: the revocation table is " + std::to_string(percent) +
                                "% full; when it is full, users have to refresh their access tokens before their "
                                "time: make the zone larger, or access_lifetime shorter");
}

// A flood raises the floor again and again: once an hour is often enough to read it.
void fullness::look_at_floor(const watched& at) {
  realm_state& state = at.table.state();
  const unix_seconds floor = at.table.floor();
  const unix_seconds told = state.floor_told;
  if (floor <= told || (told != 0 && floor < told + an_hour)) return;
  if (state.floor_told.exchange(floor) == floor) return;
  host_.log(severity::warn, "gatehouse_zone: the revocation table is full: every access token that realm \"" +
                                at.realm +
                                "\" has issued so far counts as expired and has to be refreshed; make the zone larger");
}

}  // namespace gatehouse::session

// The side of gatehouse.h that says how things go: metrics, and whether this nginx can serve.
#include <string>
#include <vector>

#include "door/reply.h"
#include "door/worker.h"
#include "metrics/exposition.h"

using namespace gatehouse;

namespace {

std::vector<metrics::shown_realm> shown_realms(const gh_worker& worker) {
  std::vector<metrics::shown_realm> shown;
  for (std::size_t i = 0; i < worker.realms.size(); ++i) {
    const session::revocations* table = worker.realms[i]->table();
    if (table == nullptr || !worker.sums[i]) continue;
    metrics::shown_realm realm{worker.realms[i]->settings().name, *worker.sums[i]};
    realm.feed_is_read = table->synchronised();
    realm.feed_age = realm.feed_is_read ? std::chrono::duration<double>(table->age()).count() : 0;
    realm.table_fill = table->percent_full(session::steady_seconds()) / 100.0;
    shown.push_back(std::move(realm));
  }
  return shown;
}

dialect::response text_response(int status, std::string_view type, std::string body) {
  dialect::response said;
  said.status = status;
  said.add_header("Content-Type", std::string(type));
  said.add_header("Cache-Control", "no-store");
  said.body = std::move(body);
  return said;
}

// Before the feed has been read nobody knows who has been logged out, and the guard refuses everybody.
dialect::response readiness(const std::vector<metrics::shown_realm>& realms) {
  std::string waiting;
  for (const metrics::shown_realm& realm : realms) {
    if (!realm.feed_is_read) waiting += "realm \"" + realm.name + "\": the feed of revocations has not been read yet\n";
  }
  return text_response(waiting.empty() ? 200 : 503, "text/plain", waiting.empty() ? "ready\n" : waiting);
}

dialect::response status_of(gh_worker& worker, gh_status_kind kind) {
  if (worker.recorder) worker.recorder->move();
  const std::vector<metrics::shown_realm> realms = shown_realms(worker);
  switch (kind) {
    case GH_STATUS_METRICS:
      return text_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics::prometheus_text(realms));
    case GH_STATUS_JSON:
      return text_response(200, "application/json", metrics::json_text(realms));
    case GH_STATUS_LIVE:
      return text_response(200, "text/plain", "live\n");
    case GH_STATUS_READY:
      return readiness(realms);
  }
  return text_response(500, "text/plain", "");
}

}  // namespace

void gh_status(gh_worker* worker, gh_status_kind kind, void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  guarded(nullptr, 0, [&] {
    give_reply(status_of(*worker, kind), answer, arg);
    return 0;
  });
}

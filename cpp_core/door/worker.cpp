#include "door/worker.h"

#include <algorithm>
#include <stdexcept>

#include "door/configuration.h"
#include "registry/registry.h"

using namespace gatehouse;

namespace {

// What the realm's workers count is added up in the zone.
void start_counting(gh_worker& worker, realm::services& realm) {
  worker.sums.emplace_back();
  if (!worker.zone) return;
  const session::zone::lock held(*worker.zone);
  worker.sums.back() = metrics::row_of(worker.zone->metrics(), realm.settings().name);
  if (worker.sums.back()) worker.recorder->watch(realm.counts(), *worker.sums.back());
}

void start_realm(gh_worker& worker, const gh_realm& realm, unsigned number) {
  std::optional<session::revocations> table;
  if (worker.zone) {
    result<session::revocations> attached =
        session::revocations::attach(*worker.zone, realm.settings.name, *realm.settings.redis);
    if (!attached) throw std::runtime_error(attached.failure().what);
    table = std::move(*attached);
    if (worker.fullness) worker.fullness->watch(realm.settings.name, *table);
  }
  const seconds access = realm.settings.access_lifetime.value_or(dialect::longest_access_lifetime());
  worker.realms.push_back(
      std::make_unique<realm::services>(worker.loop, realm.settings, *worker.hash_queue, access, std::move(table)));
  start_counting(worker, *worker.realms.back());
  worker.sweepers.push_back(std::make_unique<operation::sweeper>(*worker.realms.back(), number));
  worker.realms.back()->start();
  if (realm.settings.smtp) {
    worker.mailers.push_back(std::make_unique<operation::mailer>(*worker.realms.back(), number));
  }
}

}  // namespace

gh_worker* gh_worker_start(gh_config* config, const gh_host* host, unsigned number, void* zone, size_t,
                           gh_error* problem) {
  return guarded<gh_worker*>(problem, nullptr, [&] {
    auto worker = std::make_unique<gh_worker>(*host);
    if (zone != nullptr) worker->zone.emplace(worker->loop, zone);
    std::size_t queue = 0;
    for (const auto& realm : config->realms) queue = std::max(queue, realm->settings.password.queue);
    worker->hash_queue.emplace(queue);
    worker->recorder.emplace(worker->loop);
    if (number == 0) worker->fullness.emplace(worker->loop);
    for (const auto& realm : config->realms) start_realm(*worker, *realm, number);
    if (worker->fullness) worker->fullness->start();
    worker->recorder->start();
    return worker.release();
  });
}

void gh_worker_run(gh_worker* worker) {
  gh_error defect;  // of an event outside of any flow: flows keep their own
  const bool ran = guarded(&defect, false, [worker] {
    worker->loop.queue().run();
    return true;
  });
  if (!ran) worker->loop.log(severity::error, std::string("an event failed: ") + defect.text);
}

void gh_worker_stop(gh_worker* worker) {
  guarded(nullptr, 0, [&] {
    worker->fullness.reset();
    worker->sweepers.clear();
    worker->mailers.clear();
    for (const auto& realm : worker->realms) realm->close();
    worker->loop.queue().run();  // the flows that were waiting end here
    worker->recorder.reset();
    if (worker->zone) {
      const session::zone::lock held(*worker->zone);
      session::revocations::places_of(*worker->zone).leave();
    }
    return 0;
  });
  delete worker;
}

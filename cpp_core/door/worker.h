// What a worker process holds: the services of every realm, and the flows under way.
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "background/mailer.h"
#include "background/sweeper.h"
#include "gatehouse.h"
#include "host/host.h"
#include "metrics/board.h"
#include "metrics/recorder.h"
#include "password/admission.h"
#include "realm/services.h"
#include "session/fullness.h"
#include "session/zone.h"

// A request that the core works on.
struct gh_flow {
  bool abandoned = false;  // the client has gone
};

struct gh_worker {
  static constexpr std::size_t most_flows = 1024;

  explicit gh_worker(const gh_host& door) : loop(door) { flows.reserve(most_flows); }

  gatehouse::host loop;
  std::optional<gatehouse::session::zone> zone;
  std::optional<gatehouse::password::admission> hash_queue;         // one for all realms, as there is one thread pool
  std::vector<std::unique_ptr<gatehouse::realm::services>> realms;  // by gh_realm::index
  std::vector<std::unique_ptr<gatehouse::operation::sweeper>> sweepers;
  std::vector<std::unique_ptr<gatehouse::operation::mailer>> mailers;
  std::vector<std::optional<gatehouse::metrics::shared_words>> sums;  // by gh_realm::index; nullopt: there is no room
  std::optional<gatehouse::metrics::recorder> recorder;
  std::optional<gatehouse::session::fullness> fullness;  // in the first of the workers
  std::unordered_set<gh_flow*> flows;
};

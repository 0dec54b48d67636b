// The guard's side of signed URLs (gate/signed_url.h).
#pragma once

#include <optional>
#include <string>

#include "door/configuration.h"
#include "door/worker.h"

namespace gatehouse {

// The session that has signed what was sent; nullopt: there is no signature that is good.
std::optional<std::string> signer_of(const gh_realm& realm, const gh_credentials& credentials);

// Judges by it. False: there is none, and whatever else there is decides.
bool judge_signed_url(gh_worker& worker, const gh_realm& realm, const gh_credentials& credentials,
                      gh_decision* decision);

}  // namespace gatehouse

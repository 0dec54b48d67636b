// The guard's side of gatehouse.h: who is it, and may they?
#include <algorithm>
#include <array>

#include "configuration.h"
#include "worker.h"

using namespace gatehouse;

namespace {

// A gh_identity is a gate::identity seen from the other side of the door.
gate::identity* inside(gh_identity* who) { return reinterpret_cast<gate::identity*>(who); }
const gate::identity* inside(const gh_identity* who) { return reinterpret_cast<const gate::identity*>(who); }

void decide(gh_decision* decision, gh_verdict verdict, std::string_view challenge = {}) {
  decision->verdict = verdict;
  decision->www_authenticate = door_string(challenge);
  decision->retry_after = verdict == GH_UNAVAILABLE ? 5 : 0;
}

struct problem_row {
  int status;
  std::string_view body;
};

// RFC 9457; nothing of what happened inside.
constexpr std::array problems{
    problem_row{400, R"({"type":"about:blank","title":"Bad Request","status":400})"},
    problem_row{401, R"({"type":"about:blank","title":"Unauthorized","status":401})"},
    problem_row{403, R"({"type":"about:blank","title":"Forbidden","status":403})"},
    problem_row{503, R"({"type":"about:blank","title":"Service Unavailable","status":503})"},
    problem_row{500, R"({"type":"about:blank","title":"Internal Server Error","status":500})"},
};

}  // namespace

void gh_authenticate(gh_worker* worker, const gh_realm* realm, const gh_credentials* credentials,
                     gh_decision* decision) {
  decision->identity = nullptr;
  decide(decision, GH_FAILED);
  guarded(nullptr, 0, [&] {
    // More than two are refused anyway, and a fixed array keeps the hot path from allocating.
    std::array<std::string_view, 2> authorization;
    const std::size_t count = std::min(credentials->authorization_count, authorization.size());
    for (std::size_t i = 0; i < count; ++i) authorization[i] = view(credentials->authorization[i]);

    gate::authenticator& gate = worker->realms[realm->index]->authenticator();
    gate::decision made = gate.authenticate(std::span(authorization.data(), count));
    const bool sent_none = made.verdict == GH_ANONYMOUS;
    decide(decision, made.verdict, sent_none ? gate::challenge_bearer : gate::challenge_invalid_token);
    decision->identity = reinterpret_cast<gh_identity*>(made.who.detach());
    return 0;
  });
}

void gh_authorize(const gh_rule* const* rules, size_t count, const gh_identity* identity, gh_decision* decision) {
  decide(decision, GH_FAILED);
  guarded(nullptr, 0, [&] {
    const gate::identity* who = inside(identity);
    const bool allowed = std::all_of(rules, rules + count,
                                     [who](const gh_rule* each) { return who != nullptr && each->rule.allows(*who); });
    if (allowed) {
      decide(decision, GH_ALLOWED);
    } else if (who == nullptr) {
      decide(decision, GH_UNAUTHENTICATED, gate::challenge_bearer);
    } else {
      decide(decision, GH_FORBIDDEN, gate::challenge_insufficient_scope);
    }
    return 0;
  });
}

void gh_identity_release(gh_identity* identity) {
  if (identity != nullptr) inside(identity)->release();
}

gh_str gh_identity_attribute(const gh_identity* identity, gh_attribute attribute) {
  const gate::identity& who = *inside(identity);
  switch (attribute) {
    case GH_USER_ID:
      return door_string(who.user_id());
    case GH_USER_EMAIL:
      return door_string(who.email());
    case GH_USER_NAME:
      return door_string(who.name());
    case GH_USERNAME:
      return door_string(who.username());
    case GH_USER_ROLES:
      return door_string(who.roles_joined());
    case GH_SESSION_ID:
      return door_string(who.session_id());
    case GH_REMOTE_USER:
      return door_string(who.shown());
  }
  return door_string({});
}

gh_str gh_identity_claim(const gh_identity* identity, gh_str name) {
  return guarded<gh_str>(nullptr, door_string({}), [&] { return door_string(inside(identity)->claim(view(name))); });
}

void gh_problem(int status, gh_error_body* out) {
  const auto* row = std::ranges::find(problems, status, &problem_row::status);
  if (row == problems.end()) row = &problems.back();
  out->status = status;
  out->content_type = door_string("application/problem+json");
  out->body = door_string(row->body);
}

// The asynchronous side of gatehouse.h: a request becomes a flow, and what comes of it goes back to the host.
#include <functional>
#include <memory>

#include "base/flow.h"
#include "decision.h"
#include "dialect/pages.h"
#include "endpoint/handle.h"
#include "endpoint/router.h"
#include "operation/renew.h"
#include "worker.h"

using namespace gatehouse;

namespace {

// The path after the mount, or nothing that a route could match.
std::string_view after_mount(const gh_api& api, std::string_view path) {
  return path.starts_with(api.mount) ? path.substr(api.mount.size()) : std::string_view("/");
}

std::vector<std::string> strings(const gh_str* from, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(view(from[i]));
  return all;
}

endpoint::request copy(const gh_api& api, const gh_request& from) {
  endpoint::request to;
  to.method = view(from.traits.method);
  to.path = after_mount(api, view(from.path));
  to.query = view(from.query);
  to.content_type = view(from.content_type);
  to.body = secret(view(from.body));
  to.host = view(from.traits.host);
  to.origin = view(from.traits.origin);
  to.fetch_site = view(from.traits.fetch_site);
  to.secure = from.traits.secure != 0;
  to.preflight_method = view(from.preflight_method);
  to.address = view(from.address);
  to.user_agent = view(from.user_agent);
  to.request_id = view(from.request_id);
  to.authorization = strings(from.credentials.authorization, from.credentials.authorization_count);
  to.cookies = strings(from.credentials.cookies, from.credentials.cookie_count);
  to.allowed_origins = strings(from.traits.allowed_origins, from.traits.allowed_origin_count);
  return to;
}

// Runs `work`; unless the client has gone by then, `deliver` gets what came of it. nullptr: too many are under way.
template <class T>
gh_flow* start_flow(gh_worker* worker, task<T> work, std::function<void(result<T>)> deliver) {
  auto flow = std::make_unique<gh_flow>();
  gh_flow* handle = flow.get();
  auto finish = [worker, handle, deliver = std::move(deliver)](result<T> made) {
    const std::unique_ptr<gh_flow> ended(handle);
    worker->flows.erase(handle);
    if (!ended->abandoned) deliver(std::move(made));
  };
  spawn<T>(worker->loop.queue(), std::move(work), std::move(finish));
  worker->flows.insert(flow.release());
  return handle;
}

bool has_room(gh_worker* worker) {
  if (worker->flows.size() < gh_worker::most_flows) return true;
  worker->loop.log(severity::error, "1024 flows are under way in this worker, a request is refused");
  return false;
}

void log_defect(gh_worker& worker, const gh_realm& realm, const error& failure) {
  worker.loop.log(severity::error, "realm \"" + realm.settings.name + "\": a flow failed: " + failure.what);
}

dialect::response unexpected(const gh_api& api) {
  dialect::response no = api.spoken->encode_status(500);
  endpoint::add_common_headers(no);
  return no;
}

}  // namespace

size_t gh_api_body_limit(const gh_api* api, gh_str method, gh_str path) {
  return guarded<size_t>(nullptr, 0, [&]() -> size_t {
    const bool reads = endpoint::reads_body(*api->spoken, view(method), after_mount(*api, view(path)));
    return reads ? endpoint::most_body_bytes : 0;
  });
}

gh_flow* gh_api_begin(gh_worker* worker, const gh_api* api, const gh_request* request,
                      void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  return guarded<gh_flow*>(nullptr, nullptr, [&]() -> gh_flow* {
    if (!has_room(worker)) return nullptr;
    realm::services& realm = *worker->realms[api->realm->index];
    auto deliver = [worker, api, answer, arg](result<dialect::response> outcome) {
      if (!outcome) log_defect(*worker, *api->realm, outcome.failure());
      const dialect::response made = outcome ? std::move(*outcome) : unexpected(*api);
      std::vector<gh_header> headers;
      for (const auto& [name, value] : made.headers) headers.push_back({door_string(name), door_string(value)});
      const gh_reply reply{made.status, headers.data(), headers.size(), door_string(made.body)};
      answer(arg, &reply);
    };
    return start_flow<dialect::response>(worker, endpoint::handle(realm, *api->spoken, copy(*api, *request)), deliver);
  });
}

gh_flow* gh_renew_begin(gh_worker* worker, const gh_realm* realm, const gh_renewal_request* request,
                        void (*answer)(void* arg, const gh_renewal* renewal), void* arg) {
  return guarded<gh_flow*>(nullptr, nullptr, [&]() -> gh_flow* {
    if (!has_room(worker)) return nullptr;
    realm::services& services = *worker->realms[realm->index];
    const std::vector<std::string> cookies = strings(request->credentials.cookies, request->credentials.cookie_count);
    const std::vector<std::string_view> views(cookies.begin(), cookies.end());
    const auto found = services.authenticator().find_refresh(views);
    const auto* refresh = std::get_if<std::string_view>(&found);
    if (refresh == nullptr) return nullptr;

    operation::context ctx{services, dialect::pages.client, std::string(view(request->address)),
                           std::string(view(request->user_agent)), std::string(view(request->request_id))};
    secret token(*refresh);
    auto work = request->keep != 0 ? operation::look_at_session(std::move(ctx), std::move(token))
                                   : operation::renew(std::move(ctx), std::move(token));
    auto deliver = [worker, realm, answer, arg](result<operation::renewal> outcome) {
      gh_renewal renewal{};
      renewal.decision.verdict = GH_FAILED;
      if (!outcome) {
        log_defect(*worker, *realm, outcome.failure());
        answer(arg, &renewal);
        return;
      }
      std::vector<gh_str> cookies;
      for (const std::string& cookie : outcome->set_cookies) cookies.push_back(door_string(cookie));
      renewal.set_cookies = cookies.data();
      renewal.set_cookie_count = cookies.size();
      decide(&renewal.decision, outcome->verdict, gate::challenge_invalid_token);
      renewal.decision.by_cookie = 1;
      renewal.decision.identity = outside(std::move(outcome->who));
      answer(arg, &renewal);
    };
    return start_flow<operation::renewal>(worker, std::move(work), deliver);
  });
}

void gh_flow_abandon(gh_flow* flow) { flow->abandoned = true; }

void gh_api_problem(const gh_api* api, int status, gh_error_body* out) {
  *out = {status, door_string({}), door_string({})};
  guarded(nullptr, 0, [&] {
    auto [known, fresh] = api->problems.try_emplace(status);
    if (fresh) known->second = api->spoken->encode_status(status);
    out->status = known->second.status;
    out->body = door_string(known->second.body);
    for (const auto& [name, value] : known->second.headers) {
      if (name == "Content-Type") out->content_type = door_string(value);
    }
    return 0;
  });
}

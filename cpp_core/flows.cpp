// The endpoints' side of gatehouse.h: a request becomes a flow, the flow's response goes back to the host.
#include <memory>

#include "base/flow.h"
#include "configuration.h"
#include "endpoint/handle.h"
#include "endpoint/router.h"
#include "worker.h"

using namespace gatehouse;

struct gh_flow {
  void (*answer)(void* arg, const gh_reply* reply) = nullptr;  // null: the client has gone
  void* arg = nullptr;
};

namespace {

constexpr std::size_t most_flows = 1024;  // per worker

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
  to.method = view(from.method);
  to.path = after_mount(api, view(from.path));
  to.content_type = view(from.content_type);
  to.body = secret(view(from.body));
  to.origin = view(from.origin);
  to.preflight_method = view(from.preflight_method);
  to.address = view(from.address);
  to.user_agent = view(from.user_agent);
  to.request_id = view(from.request_id);
  to.authorization = strings(from.authorization, from.authorization_count);
  to.allowed_origins = strings(from.allowed_origins, from.allowed_origin_count);
  return to;
}

dialect::response unexpected(gh_worker& worker, const gh_api& api, const error& failure) {
  worker.loop.log(severity::error, "realm \"" + api.realm->settings.name + "\": a flow failed: " + failure.what);
  dialect::response no = api.spoken->encode_status(500);
  endpoint::add_common_headers(no);
  return no;
}

void send(gh_flow& flow, const dialect::response& made) {
  if (flow.answer == nullptr) return;
  std::vector<gh_header> headers;
  for (const auto& [name, value] : made.headers) headers.push_back({door_string(name), door_string(value)});
  const gh_reply reply{made.status, headers.data(), headers.size(), door_string(made.body)};
  flow.answer(flow.arg, &reply);
}

}  // namespace

size_t gh_api_body_limit(const gh_api* api, gh_str method, gh_str path) {
  return guarded<size_t>(nullptr, 0, [&]() -> size_t {
    const endpoint::match found = endpoint::find_route(*api->spoken, view(method), after_mount(*api, view(path)));
    return found.route != nullptr && !found.route->fields.empty() ? endpoint::most_body_bytes : 0;
  });
}

gh_flow* gh_api_begin(gh_worker* worker, const gh_api* api, const gh_request* request,
                      void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  return guarded<gh_flow*>(nullptr, nullptr, [&]() -> gh_flow* {
    if (worker->flows.size() >= most_flows) {
      worker->loop.log(severity::error, "1024 flows are under way in this worker, a request is refused");
      return nullptr;
    }
    auto flow = std::make_unique<gh_flow>(gh_flow{answer, arg});
    realm::services& realm = *worker->realms[api->realm->index];
    task<dialect::response> work = endpoint::handle(realm, *api->spoken, copy(*api, *request));

    gh_flow* handle = flow.get();
    worker->flows.insert(handle);
    flow.release();
    spawn<dialect::response>(worker->loop.queue(), std::move(work),
                             [worker, api, handle](result<dialect::response> made) {
                               const std::unique_ptr<gh_flow> ended(handle);
                               worker->flows.erase(handle);
                               send(*ended, made ? *made : unexpected(*worker, *api, made.failure()));
                             });
    return handle;
  });
}

void gh_flow_abandon(gh_flow* flow) { flow->answer = nullptr; }

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

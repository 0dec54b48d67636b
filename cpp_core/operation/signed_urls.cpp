#include "operation/signed_urls.h"

#include <optional>
#include <utility>

#include "gate/host_list.h"
#include "gate/signed_url.h"

namespace gatehouse::operation {

namespace {

// With the host's name; nullopt: the realm has no such host.
std::optional<std::string> origin_to_sign_for(const realm::settings& realm, const std::string& name) {
  if (name == gate::host_name(realm.public_url)) return realm.public_url;
  return realm.hosts.origin_of(name, name);
}

}  // namespace

task<outcome> sign_url(context ctx, input in) {
  const realm::settings& realm = ctx.realm.settings();
  const std::string host = gate::host_name(in.host ? *in.host : realm.public_url);
  const std::optional<std::string> origin = origin_to_sign_for(realm, host);
  std::vector<field_error> errors;
  if (const char* fault = gate::fault_of_target(*in.path)) errors.push_back({&input::path, fault});
  if (*in.expires_in < 1 || *in.expires_in > gate::longest_signed_url.count()) {
    errors.push_back({&input::expires_in, "must be 1 to 604800 seconds"});
  }
  if (!origin) errors.push_back({&input::host, "must be one of the realm's hosts"});
  if (!errors.empty()) co_return refuse_fields(std::move(errors));

  const unix_seconds expires_at = now_seconds() + *in.expires_in;
  const gate::signed_target what{realm.name, host, *in.path};
  url_signed made;
  made.url = *origin + gate::sign_target(*realm.keys, what, in.bearer->session_id(), expires_at);
  made.expires_at = expires_at;
  co_return made;
}

}  // namespace gatehouse::operation

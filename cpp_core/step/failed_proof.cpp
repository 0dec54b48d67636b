#include "step/failed_proof.h"

#include "step/issue.h"

namespace gatehouse::operation {

task<done> record_failed_proof(context ctx, std::string user_id, nlohmann::json detail, std::string session_id) {
  const bool is_login = session_id.empty();
  if (is_login) ctx.realm.counts().add(metrics::counter::logins_failed);
  std::string event = is_login ? "login_failed" : "reauthentication_failed";
  const account::source from = source_of(ctx, std::move(session_id));
  const status recorded =
      co_await ctx.realm.accounts().record_event(std::move(event), std::move(user_id), std::move(detail), from);
  if (!recorded) ctx.warn(is_login ? "recording a failed login" : "recording a failed proof", recorded.failure());
  co_return done{};
}

}  // namespace gatehouse::operation

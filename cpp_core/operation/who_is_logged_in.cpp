#include "operation/who_is_logged_in.h"

#include "operation/renew.h"

namespace gatehouse::operation {

task<outcome> look_who_is_logged_in(context ctx, input in) {
  gate::identity_ref who = std::move(in.bearer);
  if (!who && in.refresh_token) {
    renewal found = co_await look_at_session(ctx, std::move(*in.refresh_token));
    who = std::move(found.who);
  }
  blank page;
  if (who) page.logged_in_as = who->claim("email");  // he may see his own, verified or not
  co_return page;
}

}  // namespace gatehouse::operation

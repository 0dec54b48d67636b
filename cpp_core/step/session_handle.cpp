#include "step/session_handle.h"

#include <array>

#include "base/hex.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/uuid.h"
#include "gate/handle_cookie.h"
#include "step/issue.h"

namespace gatehouse::operation {

bool keeps_handle(const client& of) { return of.opaque_refresh || !of.handle_cookie.empty(); }

secret new_handle(const client& of) {
  if (of.opaque_refresh) return secret(new_uuid());
  std::array<char, 16> drawn{};
  random_bytes(std::as_writable_bytes(std::span(drawn)));
  return secret(hex_encode({drawn.data(), drawn.size()}));
}

bool may_be_handle(const client& of, const secret& kept) {
  return of.opaque_refresh ? is_uuid(kept.reveal()) : !of.handle_cookie.empty();
}

std::string alias_of(const secret& handle) {
  const sha256_digest digest = sha256_hasher()(handle.reveal());
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

task<result<session::rotation>> resume(context ctx, secret handle) {
  const bool is_one = ctx.asked_by.opaque_refresh ? is_uuid(handle.reveal()) : gate::is_handle(handle.reveal());
  if (!is_one) co_return session::rotation(session::refusal::absent);
  session::resumption resumption;
  resumption.alias = alias_of(handle);
  resumption.client = ctx.asked_by.name;
  resumption.lifetimes = lifetimes_of(ctx);
  resumption.address = ctx.address;
  resumption.user_agent = ctx.user_agent;
  result<session::rotation> found = co_await ctx.realm.sessions().resume(std::move(resumption));
  co_return found;
}

task<result<std::optional<kept_session>>> session_of(context ctx, secret kept) {
  kept_session of;
  if (!may_be_handle(ctx.asked_by, kept)) {
    std::optional<token::refresh_claims> claims = verified_refresh_token(ctx, kept);
    if (!claims) co_return std::optional<kept_session>();
    of.session_id = std::move(claims->session_id);
    of.user_id = std::move(claims->subject);
    co_return std::optional<kept_session>(std::move(of));
  }
  const auto found = co_await resume(ctx, std::move(kept));
  if (!found) co_return found.failure();
  const auto* head = std::get_if<session::head>(&*found);
  if (head == nullptr) co_return std::optional<kept_session>();
  of.session_id = head->sid;
  of.user_id = head->user_id;
  co_return std::optional<kept_session>(std::move(of));
}

}  // namespace gatehouse::operation

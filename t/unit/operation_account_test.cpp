// Operations on an account, over a PostgreSQL and a Redis of the test's own: what becomes of the sessions.
#include <gtest/gtest.h>

#include <algorithm>

#include "background/sweeper.h"
#include "loop_host.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/profile.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "page_memory.h"
#include "private_postgres.h"
#include "private_redis.h"
#include "rest/rest.h"
#include "step/revoke.h"
#include "token/access_token.h"
#include "token_keys.h"

namespace gatehouse::operation {

namespace {

using namespace std::chrono_literals;

const std::string old_password = "first-Passw0rd";
const std::string new_password = "second-Passw0rd";

class operation_account : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = std::make_unique<private_postgres>();
    database_->migrate();
  }
  static void TearDownTestSuite() { database_.reset(); }

  operation_account() {
    said_.name = testing::UnitTest::GetInstance()->current_test_info()->name();
    said_.postgres = *postgres::parse_options(database_->conninfo(), {"timeout=5s"}, "/");
    said_.redis = redis_.patient();
    said_.keys =
        *token::key_set::parse(R"({"keys":[)" + token::test::hs256_access + "," + token::test::hs256_refresh + "]}");
    said_.issuer = "https://example.com";
    said_.audience = said_.name;
    said_.registration = realm::registration::open;
    said_.password.cost = {64 * 1024, 1};
    said_.cookies.emplace("gatehouse", true);
    EXPECT_TRUE(session::zone::lay_out(memory_.data(), memory_.size()).ok());
    zone_.emplace(loop_.core(), memory_.data());
    table_.emplace(*session::revocations::attach(*zone_, said_.name));
    realm_.emplace(loop_.core(), said_, hashes_, 3600s, *table_);
    realm_->start();
  }
  ~operation_account() override {
    realm_->close();
    loop_.run_for(10ms);
  }

  template <class T>
  T await(task<T> work) {
    result<T> given = loop_.await(std::move(work), 60s);
    if (!given) throw std::runtime_error(given.failure().what);
    return std::move(*given);
  }
  context ctx() { return {*realm_, dialect::rest.client, "192.0.2.1", "curl/8", "r1", {}, {}}; }
  void command(std::vector<std::string> words) {
    redis::connection other(loop_.core(), *said_.redis);
    EXPECT_TRUE(await(other.command(std::move(words))).ok());
  }
  std::string sql(const std::string& statement) const { return database_->execute(statement); }
  std::string events() const {
    return sql("SELECT string_agg(event, ' ' ORDER BY id) FROM gatehouse.audit_events WHERE realm = '" + said_.name +
               "'");
  }
  std::string outbox() const { return sql("SELECT count(*) FROM gatehouse.outbox WHERE realm = '" + said_.name + "'"); }

  // A client of Ann's.
  struct device {
    gate::identity_ref bearer;
    secret refresh_token;
  };
  device device_of(const outcome& came) {
    const auto& in = std::get<signed_in>(came);
    auto claims = token::verify_access(*said_.keys, token::access_token(in.tokens.access.reveal()), said_.issuer,
                                       said_.audience, now_seconds());
    return {gate::identity_ref(new gate::identity(said_.name, *claims, gate::remote_user::email, true)),
            in.tokens.refresh};
  }
  device register_ann() {
    input in;
    in.name = "Ann";
    in.email = "ann@example.com";
    in.password = secret(old_password);
    return device_of(await(register_account(ctx(), in)));
  }
  outcome log_in(const std::string& password) {
    input in;
    in.email = "ann@example.com";
    in.password = secret(password);
    return await(login(ctx(), in));
  }
  outcome refresh_with(const device& from) {
    input in;
    in.refresh_token = from.refresh_token;
    return await(refresh(ctx(), in));
  }
  session::standing standing_of(const device& of) {
    return table_->judge(of.bearer->holder(), session::steady_seconds());
  }

  static inline std::unique_ptr<private_postgres> database_;
  private_redis redis_;
  loop_host loop_;
  page_memory memory_{session::zone::least_size};
  std::optional<session::zone> zone_;
  std::optional<session::revocations> table_;
  password::admission hashes_{64};
  realm::settings said_;
  std::optional<realm::services> realm_;
};

TEST_F(operation_account, a_new_email_expires_every_access_token_and_ends_no_session) {
  const device here = register_ann();
  const device there = device_of(log_in(old_password));
  input wish;
  wish.bearer = here.bearer;
  wish.email = "new@example.com";
  wish.current_password = secret(old_password);
  const outcome came = await(change_profile(ctx(), wish));
  ASSERT_TRUE(std::holds_alternative<profile>(came));
  EXPECT_EQ(std::get<profile>(came).user.email, "new@example.com");
  EXPECT_EQ(outbox(), "0") << "carried out at once";
  for (const device& each : {here, there}) {
    EXPECT_EQ(standing_of(each), session::standing::expired);
    const outcome next = refresh_with(each);
    ASSERT_TRUE(std::holds_alternative<signed_in>(next));
    EXPECT_EQ(std::get<signed_in>(next).user.email, "new@example.com");
    EXPECT_EQ(standing_of(device_of(next)), session::standing::valid);
  }
}

TEST_F(operation_account, a_new_email_and_password_together_end_the_other_sessions) {
  const device here = register_ann();
  const device there = device_of(log_in(old_password));
  input wish;
  wish.bearer = here.bearer;
  wish.name = "Anna";
  wish.email = "new@example.com";
  wish.password = secret(new_password);
  wish.current_password = secret(old_password);
  const outcome came = await(change_profile(ctx(), wish));
  ASSERT_TRUE(std::holds_alternative<profile>(came));
  EXPECT_EQ(std::get<profile>(came).user.auth_version, 3);
  EXPECT_EQ(std::get<profile>(came).user.name, "Anna");
  EXPECT_TRUE(std::holds_alternative<signed_in>(refresh_with(here)));
  EXPECT_EQ(standing_of(there), session::standing::revoked);
  EXPECT_FALSE(std::holds_alternative<signed_in>(refresh_with(there)));
}

TEST_F(operation_account, requirement_62_a_wrong_current_password_is_recorded) {
  input wish;
  wish.bearer = register_ann().bearer;
  wish.email = "new@example.com";
  wish.current_password = secret("wrong-Passw0rd");
  EXPECT_EQ(std::get<refused>(await(change_profile(ctx(), wish))).why, refusal::invalid_input);
  EXPECT_EQ(events(), "registered login reauthentication_failed");
}

// Two changes that were both shown the same password: the second must not go through on the first one's version.
TEST_F(operation_account, requirement_53_of_two_changes_with_one_password_one_goes_through) {
  const device here = register_ann();
  int changed = 0;
  int ended = 0;
  auto count = [&](result<outcome> came) {
    ++ended;
    if (came && std::holds_alternative<profile>(*came)) ++changed;
  };
  for (int i = 0; i < 6; ++i) {
    input wish;
    wish.bearer = here.bearer;
    if (i % 2 == 0) wish.name = "Anna";
    wish.password = secret(new_password + std::to_string(i));
    wish.current_password = secret(old_password);
    spawn<outcome>(loop_.core().queue(), change_profile(ctx(), wish), count);
  }
  ASSERT_TRUE(loop_.run_until([&] { return ended == 6; }, 60s));
  EXPECT_EQ(changed, 1);
  EXPECT_EQ(sql("SELECT auth_version FROM gatehouse.users WHERE realm = '" + said_.name + "'"), "2");
}

TEST_F(operation_account, logout_everywhere_ends_every_session_also_one_that_redis_has_lost) {
  const device one = register_ann();
  const device two = device_of(log_in(old_password));
  input in;
  in.bearer = one.bearer;
  (void)await(realm_->sessions().end(two.bearer->session_id(), two.bearer->user_id()));
  const device three = device_of(log_in(old_password));
  EXPECT_TRUE(std::holds_alternative<signed_out>(await(logout_everywhere(ctx(), in))));
  for (const device& each : {one, two, three}) EXPECT_EQ(standing_of(each), session::standing::revoked);

  const device lost = device_of(log_in(old_password));
  command({"FLUSHALL"});
  in.bearer = lost.bearer;
  EXPECT_TRUE(std::holds_alternative<signed_out>(await(logout_everywhere(ctx(), in))));
  EXPECT_EQ(standing_of(lost), session::standing::revoked);
}

TEST_F(operation_account, requirement_36_an_expire_of_a_user_who_has_been_disabled_since_kills) {
  const device here = register_ann();
  sql("SELECT gatehouse.set_roles('" + said_.name + "', 'ann@example.com', '{admin}')");
  const auto due = *await(realm_->accounts().take_revocations(10));
  ASSERT_EQ(due.size(), 1U);
  sql("SELECT gatehouse.set_disabled('" + said_.name + "', 'ann@example.com', true)");
  ASSERT_TRUE(await(revoke(*realm_, due[0])).ok());
  EXPECT_EQ(standing_of(here), session::standing::revoked);
  EXPECT_FALSE(std::holds_alternative<signed_in>(refresh_with(here)));
}

TEST_F(operation_account, requirement_36_a_kill_comes_before_a_later_expire_however_late_it_is) {
  said_.limits.logins = said_.limits.mails = {};  // they would need Redis
  const device here = register_ann();
  const device there = device_of(log_in(old_password));
  redis_.server().stop();
  input wish;
  wish.bearer = here.bearer;
  wish.password = secret(new_password);
  wish.current_password = secret(old_password);
  EXPECT_TRUE(std::holds_alternative<profile>(await(change_profile(ctx(), wish))));
  redis_.server().start();
  sql("SELECT gatehouse.set_roles('" + said_.name + "', 'ann@example.com', '{admin}')");
  sweeper sweeping(*realm_, 0);
  EXPECT_TRUE(loop_.run_until([&] { return outbox() == "0"; }, 60s));
  EXPECT_FALSE(std::holds_alternative<signed_in>(refresh_with(there)));
  EXPECT_TRUE(std::holds_alternative<signed_in>(refresh_with(here)));
}

TEST_F(operation_account, a_row_that_fails_does_not_hold_up_the_others) {
  const device here = register_ann();
  sql("INSERT INTO gatehouse.outbox (realm, kind, payload) VALUES ('" + said_.name +
      "', 'revoke', '{\"user\":\"x\",\"av\":2,\"effect\":\"kill\"}')");
  command({"SET", "gatehouse:{" + said_.name + "}:sessions:x", "no sorted set"});
  sql("SELECT gatehouse.set_disabled('" + said_.name + "', 'ann@example.com', true)");
  const auto pass = await(sweep_outbox(*realm_));
  ASSERT_FALSE(pass.ok());
  EXPECT_EQ(standing_of(here), session::standing::revoked);
  EXPECT_EQ(outbox(), "1");
}

TEST_F(operation_account, after_an_outage_of_redis_a_kill_is_late_by_5_s_at_most) {
  sweeper sweeping(*realm_, 0);
  const device here = register_ann();
  redis_.server().stop();
  sql("SELECT gatehouse.set_disabled('" + said_.name + "', 'ann@example.com', true)");
  loop_.run_for(3500ms);
  redis_.server().start();
  EXPECT_TRUE(loop_.run_until([&] { return standing_of(here) == session::standing::revoked; }, 30s));
}

TEST_F(operation_account, requirement_36_what_an_administrator_does_is_effective_at_once) {
  sweeper sweeping(*realm_, 0);  // before the first connection, as in a worker
  const device here = register_ann();
  std::vector<millis> delays;
  for (int i = 0; i < 20; ++i) {
    const device there = device_of(log_in(old_password));
    loop_.run_for(20ms);
    const steady_time start = steady_now();
    sql("SELECT gatehouse.set_roles('" + said_.name + "', 'ann@example.com', '{admin}')");
    ASSERT_TRUE(loop_.run_until([&] { return standing_of(there) == session::standing::expired; }, 30s));
    delays.push_back(std::chrono::duration_cast<millis>(steady_now() - start));
  }
  std::sort(delays.begin(), delays.end());
  EXPECT_LT(delays[delays.size() / 2], 1s) << "it was told, not found by the look of every 2 s";
  sql("SELECT gatehouse.set_disabled('" + said_.name + "', 'ann@example.com', true)");
  EXPECT_TRUE(loop_.run_until([&] { return standing_of(here) == session::standing::revoked; }, 1500ms));
}

}  // namespace

}  // namespace gatehouse::operation

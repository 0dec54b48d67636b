// What the store says and does while the database is not as it needs it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "account/store.h"
#include "loop_host.h"
#include "private_postgres.h"
#include "source_tree.h"

namespace gatehouse::account {

namespace {

using namespace std::chrono_literals;

class account_schema : public testing::Test {
 protected:
  postgres::options how(const std::string& more = "") const {
    return *postgres::parse_options(server_.conninfo() + more, {"timeout=5s"}, "/");
  }
  void apply(const std::string& name) const {
    std::ifstream in(source_tree() / "sql" / name);
    server_.execute({std::istreambuf_iterator<char>(in), {}});
  }
  // Empty: ready. The failure's text otherwise, which must be of kind unavailable.
  std::string problem(store& users) {
    const result<status> outcome = loop_.await(users.ready());
    if (!outcome) return "failed: " + outcome.failure().what;
    if (*outcome) return "";
    EXPECT_EQ(outcome->failure().kind, fault::unavailable) << outcome->failure().what;
    return outcome->failure().what;
  }

  private_postgres server_;
  loop_host loop_;
};

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(account_schema, the_missing_migration_is_named_and_looked_for_again) {
  postgres::pool db(loop_.core(), how());
  store users(db, "main");
  EXPECT_TRUE(says(problem(users), "sql/001_schema_version.sql")) << problem(users);
  EXPECT_TRUE(says(problem(users), server_.host())) << "which server";
  apply("001_schema_version.sql");
  EXPECT_TRUE(says(problem(users), "sql/002_users.sql")) << problem(users);
  for (const char* name :
       {"002_users.sql", "003_credentials.sql", "004_one_time_tokens.sql", "005_outbox.sql", "006_audit_events.sql"}) {
    apply(name);
  }
  EXPECT_TRUE(says(problem(users), "sql/007_administration.sql")) << problem(users);
  const auto login = loop_.await(users.find_by_login("ann@example.com"));
  EXPECT_EQ(login->failure().kind, fault::unavailable) << "every call asks first";
  apply("007_administration.sql");
  EXPECT_TRUE(says(problem(users), "sql/008_mail.sql")) << problem(users);
  apply("008_mail.sql");
  EXPECT_TRUE(says(problem(users), "sql/009_names.sql")) << problem(users);
  apply("009_names.sql");
  EXPECT_TRUE(says(problem(users), "sql/010_changes_by_sql.sql")) << problem(users);
  apply("010_changes_by_sql.sql");
  EXPECT_TRUE(says(problem(users), "sql/011_indexes.sql")) << problem(users);
  apply("011_indexes.sql");
  EXPECT_TRUE(says(problem(users), "sql/012_grants.sql")) << problem(users);
  apply("012_grants.sql");
  EXPECT_TRUE(says(problem(users), "sql/013_bounded_work.sql")) << problem(users);
  apply("013_bounded_work.sql");
  EXPECT_TRUE(says(problem(users), "sql/014_plain_names.sql")) << problem(users);
  apply("014_plain_names.sql");
  EXPECT_TRUE(says(problem(users), "sql/015_user_tokens.sql")) << problem(users);
  apply("015_user_tokens.sql");
  EXPECT_TRUE(says(problem(users), "sql/016_factors.sql")) << problem(users);
  apply("016_factors.sql");
  EXPECT_TRUE(says(problem(users), "sql/017_passkeys.sql")) << problem(users);
  apply("017_passkeys.sql");
  EXPECT_EQ(problem(users), "");
  EXPECT_TRUE(loop_.await(users.find_by_login("ann@example.com"))->ok());
}

TEST_F(account_schema, a_newer_schema_is_good_enough) {
  server_.migrate();
  server_.execute("INSERT INTO gatehouse.schema_version (version, name) VALUES (99, 'later')");
  postgres::pool db(loop_.core(), how());
  store users(db, "main");
  EXPECT_EQ(problem(users), "");
}

TEST_F(account_schema, it_is_looked_at_once_and_again_after_a_recovery) {
  server_.migrate();
  postgres::pool db(loop_.core(), how());
  store users(db, "main");
  EXPECT_EQ(problem(users), "");
  server_.execute("DELETE FROM gatehouse.schema_version WHERE version = 7");
  EXPECT_EQ(problem(users), "") << "not on every call";
  server_.server().stop();
  server_.server().start();
  loop_.run_for(10ms);
  EXPECT_TRUE(says(problem(users), "sql/007_administration.sql"));
}

TEST_F(account_schema, a_schema_that_vanishes_is_noticed) {
  server_.migrate();
  postgres::pool db(loop_.core(), how());
  store users(db, "main");
  EXPECT_EQ(problem(users), "");
  server_.execute("DROP SCHEMA gatehouse CASCADE");
  const auto login = loop_.await(users.find_by_login("ann@example.com"));
  EXPECT_EQ(login->failure().kind, fault::unavailable) << login->failure().what;
  EXPECT_TRUE(says(problem(users), "sql/001_schema_version.sql"));
}

TEST_F(account_schema, a_role_without_rights_is_told_where_to_find_the_grants) {
  server_.migrate();
  server_.execute("CREATE ROLE stranger LOGIN");
  postgres::pool db(loop_.core(), how(" user=stranger"));
  store users(db, "main");
  EXPECT_TRUE(says(problem(users), "SELECT gatehouse.grant_to(")) << problem(users);
}

TEST_F(account_schema, a_read_only_server_reads_but_is_unavailable_for_writing) {
  server_.migrate();
  postgres::pool db(loop_.core(), how(" options='-c default_transaction_read_only=on'"));
  store users(db, "main");
  EXPECT_TRUE(loop_.await(users.find_by_login("ann@example.com"))->ok());
  new_user fresh{*email::parse("ann@example.com"), "Ann", std::nullopt};
  const auto created = loop_.await(users.create(fresh, "$hash$", source()));
  EXPECT_EQ(created->failure().kind, fault::unavailable) << created->failure().what;
}

TEST_F(account_schema, a_server_that_is_down_is_unavailable_and_recovers) {
  server_.migrate();
  postgres::pool db(loop_.core(), how());
  store users(db, "main");
  EXPECT_EQ(problem(users), "");
  server_.server().kill();
  EXPECT_FALSE(problem(users).empty() && loop_.await(users.find_by_login("x"))->ok());
  server_.server().start();
  const steady_time start = steady_now();
  while (!loop_.await(users.find_by_login("x"))->ok() && steady_now() - start < 5s) loop_.run_for(50ms);
  EXPECT_LT(steady_now() - start, 5s);
}

}  // namespace

}  // namespace gatehouse::account

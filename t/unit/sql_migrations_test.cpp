// The files of sql/ themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "private_postgres.h"
#include "source_tree.h"

namespace gatehouse {

namespace {

std::string content_of(const std::string& name) {
  std::ifstream in(source_tree() / "sql" / name);
  return {std::istreambuf_iterator<char>(in), {}};
}

class sql_migrations : public testing::Test {
 protected:
  bool accepts(const std::string& statement) const {
    try {
      server_.execute(statement);
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  // Everything about the schema but when it was made.
  std::string shape() const {
    return server_.execute(
        "SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM ("
        " SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)"
        "   FROM information_schema.columns WHERE table_schema = 'gatehouse' UNION ALL"
        " SELECT indexdef FROM pg_indexes WHERE schemaname = 'gatehouse' UNION ALL"
        " SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'gatehouse'::regnamespace UNION ALL"
        " SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'gatehouse'::regnamespace UNION ALL"
        " SELECT v::text FROM gatehouse.schema_version v) all_of_it (line)");
  }
  std::string insert_user(const std::string& column, const std::string& value) const {
    return "INSERT INTO gatehouse.users (realm, email, name, " + column +
           ") VALUES ('r', gen_random_uuid() || '@x.org', " + "'n', " + value + ")";
  }

  private_postgres server_;
};

TEST_F(sql_migrations, applying_them_again_changes_nothing) {
  server_.migrate();
  const std::string before = shape();
  server_.migrate();
  EXPECT_EQ(shape(), before);
  EXPECT_EQ(server_.execute("SELECT string_agg(version::text, ' ' ORDER BY version) FROM gatehouse.schema_version"),
            "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
}

TEST_F(sql_migrations, none_is_applied_before_the_one_it_follows) {
  EXPECT_FALSE(accepts(content_of("002_users.sql")));
  server_.execute(content_of("001_schema_version.sql"));
  EXPECT_FALSE(accepts(content_of("005_outbox.sql")));
  EXPECT_EQ(server_.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'gatehouse'"), "1")
      << "nothing by halves";
  EXPECT_TRUE(accepts(content_of("002_users.sql")));
}

TEST_F(sql_migrations, every_table_explains_itself) {
  server_.migrate();
  EXPECT_EQ(server_.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'gatehouse'::regnamespace"
                            " AND relkind = 'r' AND obj_description(oid, 'pg_class') IS NULL"),
            "0");
}

TEST_F(sql_migrations, no_control_character_and_no_ambiguous_name_can_be_stored) {
  server_.migrate();
  EXPECT_TRUE(accepts(insert_user("roles", "'{admin,\"Domain Users\",Büro}'")));
  EXPECT_TRUE(accepts(insert_user("roles", "'{}'")));
  EXPECT_FALSE(accepts(insert_user("roles", "'{\"a,admin\"}'"))) << "would be two roles in a header";
  EXPECT_FALSE(accepts(insert_user("roles", "'{\"\"}'")));
  EXPECT_FALSE(accepts(insert_user("roles", "'{a,\"\"}'")));
  EXPECT_FALSE(accepts(insert_user("roles", "'{NULL}'")));
  EXPECT_FALSE(accepts(insert_user("roles", "ARRAY[E'a\\nb']")));
  EXPECT_TRUE(accepts(insert_user("username", "'ann'")));
  EXPECT_FALSE(accepts(insert_user("username", "'ann@example.com'")));
  EXPECT_FALSE(accepts(insert_user("username", "''")));
  EXPECT_FALSE(accepts(insert_user("username", "E'a\\tb'")));
  EXPECT_FALSE(accepts(insert_user("metadata", "'[]'")));
  EXPECT_TRUE(accepts(insert_user("first_name", "'n'")));
  EXPECT_FALSE(accepts(insert_user("first_name", "E'a\\nb'")));
  EXPECT_FALSE(accepts("INSERT INTO gatehouse.users (realm, email, name) VALUES ('r', 'a@x.org', E'a\\r\\nb')"));
  for (const char* email : {"''", "'a'", "'a b@x.org'", "'a@b@x.org'", "E'a@x.org\\n'", "'ä@x.org'"}) {
    EXPECT_FALSE(
        accepts(std::string("INSERT INTO gatehouse.users (realm, email, name) VALUES ('r', ") + email + ", 'n')"))
        << email;
  }
}

TEST_F(sql_migrations, an_administrator_changes_roles_and_disables_users) {
  server_.migrate();
  server_.execute("INSERT INTO gatehouse.users (realm, email, name) VALUES ('main', 'Ann@example.com', 'Ann')");
  EXPECT_EQ(server_.execute("SELECT gatehouse.set_roles('main', 'ann@EXAMPLE.com', '{admin}')"), "2");
  EXPECT_EQ(server_.execute("SELECT roles::text FROM gatehouse.users"), "{admin}");
  EXPECT_EQ(server_.execute("SELECT gatehouse.set_disabled('main', 'ann@example.com', true)"), "3");
  EXPECT_EQ(server_.execute("SELECT disabled_at IS NOT NULL FROM gatehouse.users"), "t");
  EXPECT_EQ(server_.execute("SELECT gatehouse.set_disabled('main', 'ann@example.com', false)"), "4");
  EXPECT_EQ(server_.execute("SELECT disabled_at IS NULL FROM gatehouse.users"), "t");
  EXPECT_EQ(server_.execute("SELECT string_agg((payload ->> 'effect') || (payload ->> 'av'), ' ' ORDER BY id)"
                            " FROM gatehouse.outbox WHERE kind = 'revoke'"),
            "expire2 kill3 kill4");
  EXPECT_EQ(server_.execute("SELECT string_agg(event, ' ' ORDER BY id) FROM gatehouse.audit_events"),
            "roles_changed disabled enabled");
  EXPECT_FALSE(accepts("SELECT gatehouse.set_roles('main', 'bob@example.com', '{admin}')"));
  EXPECT_FALSE(accepts("SELECT gatehouse.set_roles('other', 'ann@example.com', '{admin}')"));
  EXPECT_FALSE(accepts("SELECT gatehouse.set_disabled('main', 'bob@example.com', true)"));
  EXPECT_FALSE(accepts("SELECT gatehouse.set_roles('main', 'ann@example.com', NULL)"));
}

}  // namespace

}  // namespace gatehouse

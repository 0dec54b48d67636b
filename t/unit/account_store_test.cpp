#include <gtest/gtest.h>

#include <set>

#include "account/store.h"
#include "documented_role.h"
#include "loop_host.h"
#include "private_postgres.h"

namespace gatehouse::account {

namespace {

using namespace std::chrono_literals;

// One server for all tests; each has a realm of its own.
class account_store : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<private_postgres>();
    server_->migrate();
    create_documented_role(*server_);
  }
  static void TearDownTestSuite() { server_.reset(); }

  static postgres::options how() {
    std::string conninfo = server_->conninfo();
    conninfo.replace(conninfo.find("user=gatehouse"), 14, "user=gatehouse_nginx");
    return *postgres::parse_options(conninfo, {"timeout=5s"}, "/");
  }

  // What a call gave; the test ends where it failed.
  template <class T>
  T got(task<result<T>> work) {
    result<result<T>> outcome = loop_.await(std::move(work));
    if (!outcome) throw std::runtime_error(outcome.failure().what);
    if (!*outcome) throw std::runtime_error(outcome->failure().what);
    return std::move(**outcome);
  }
  template <class T>
  error failure_of(task<result<T>> work) {
    result<result<T>> outcome = loop_.await(std::move(work));
    if (!outcome || *outcome) throw std::runtime_error("it did not fail as it should");
    return outcome->failure();
  }

  creation create(const std::string& address, const std::string& name = "Ann",
                  std::optional<std::string> username = {}) {
    return got(users_.create(somebody(address, name, std::move(username)), "$hash$", from_));
  }
  user created(const std::string& address, std::optional<std::string> username = {}) {
    return std::get<user>(create(address, "Ann", std::move(username)));
  }
  user changed(const std::string& id, const profile_changes& changes, std::optional<std::int64_t> expected = {}) {
    return std::get<profile_changed>(got(users_.change_profile(id, changes, expected, from_))).profile;
  }
  static new_user somebody(const std::string& address, const std::string& name = "Ann",
                           std::optional<std::string> username = {}) {
    return {*email::parse(address), name, std::move(username)};
  }
  std::string sql(const std::string& statement) const { return server_->execute(statement); }
  std::vector<revocation> take_all() {
    sql("UPDATE gatehouse.outbox SET due_at = now() WHERE realm = '" + realm_ + "'");
    return got(users_.take_revocations(100));
  }
  std::string events() const {
    return sql("SELECT string_agg(event, ' ' ORDER BY id) FROM gatehouse.audit_events WHERE realm = '" + realm_ + "'");
  }

  static inline std::unique_ptr<private_postgres> server_;
  loop_host loop_;
  postgres::pool pool_{loop_.core(), how()};
  const std::string realm_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  store users_{pool_, realm_};
  const source from_{"192.0.2.7", "curl/8", "sid-1"};
  static inline const std::string nobody = "00000000-0000-4000-8000-000000000000";
};

TEST_F(account_store, a_new_user_is_found_by_every_name) {
  const unix_millis before = now_millis();
  new_user fresh = somebody("Ann.Lee@Example.COM", "Ann Lee", "annie");
  fresh.metadata = {{"plan", "gold"}};
  const user ann = std::get<user>(got(users_.create(fresh, "$hash$", from_)));
  EXPECT_EQ(ann.id.size(), 36U);
  EXPECT_EQ(ann.email, "Ann.Lee@Example.COM") << "as typed";
  EXPECT_EQ(ann.username, "annie");
  EXPECT_EQ(ann.name, "Ann Lee");
  EXPECT_TRUE(ann.roles.empty());
  EXPECT_EQ(ann.metadata, fresh.metadata);
  EXPECT_EQ(ann.auth_version, 1);
  EXPECT_FALSE(ann.email_verified());
  EXPECT_FALSE(ann.disabled());
  EXPECT_EQ(ann.created_at, ann.updated_at);
  EXPECT_NEAR(static_cast<double>(ann.created_at), static_cast<double>(before), 5000) << "milliseconds";
  EXPECT_EQ(ann.last_login_at, std::nullopt);

  for (const char* typed : {"Ann.Lee@Example.COM", "ann.lee@example.com", "ANN.LEE@EXAMPLE.COM", "annie", "ANNIE"}) {
    const std::optional<known_user> found = got(users_.find_by_login(typed));
    ASSERT_TRUE(found) << typed;
    EXPECT_EQ(found->profile.id, ann.id);
    EXPECT_EQ(found->password, "$hash$");
  }
  const std::optional<known_user> found = got(users_.find(ann.id));
  ASSERT_TRUE(found);
  EXPECT_EQ(to_json(found->profile), to_json(ann));
  EXPECT_EQ(events(), "registered");
}

TEST_F(account_store, strange_identifiers_are_nobodys) {
  created("ann@example.com");
  for (const std::string& typed :
       {std::string(), std::string("bob@example.com"), std::string("ann@example.com "), std::string("' OR 1=1 --"),
        std::string("%"), std::string("ann@example.com\0", 16), std::string("\xff\xfe"), std::string(100000, 'a')}) {
    EXPECT_FALSE(got(users_.find_by_login(typed))) << typed;
  }
  for (const std::string& id : {nobody, std::string(), std::string("x"), std::string("' OR 1=1 --")}) {
    EXPECT_FALSE(got(users_.find(id))) << id;
  }
}

TEST_F(account_store, text_is_stored_as_it_is) {
  const std::string name = "Robert'); DROP TABLE gatehouse.users; -- \\ \" $1 Ünïcödé 🔑";
  const user ann = std::get<user>(create("o'brien%_@example.com", name, "x'; --"));
  const std::optional<known_user> found = got(users_.find_by_login("O'BRIEN%_@example.com"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->profile.name, name);
  EXPECT_EQ(found->profile.username, "x'; --");
  EXPECT_EQ(found->profile.id, ann.id);
}

TEST_F(account_store, an_email_or_username_is_taken_once_whatever_its_case) {
  created("ann@example.com", "ann");
  EXPECT_EQ(std::get<taken>(create("ANN@example.com")), taken::email);
  EXPECT_EQ(std::get<taken>(create("other@example.com", "Other", "ANN")), taken::username);
  created("third@example.com");
  created("fourth@example.com");  // two without a username
  EXPECT_EQ(events(), "registered registered registered") << "nothing else was written";
}

TEST_F(account_store, realms_do_not_see_each_other) {
  const user ann = created("ann@example.com");
  store others(pool_, realm_ + "_other");
  EXPECT_FALSE(got(others.find_by_login("ann@example.com")));
  EXPECT_FALSE(got(others.find(ann.id)));
  EXPECT_TRUE(std::holds_alternative<absent>(got(others.remove(ann.id, false, from_))));
  EXPECT_TRUE(std::holds_alternative<absent>(got(others.change_password(ann.id, "$new$", "", 1, from_))));
  EXPECT_TRUE(std::holds_alternative<absent>(got(others.change_profile(ann.id, {}, 1, from_))));
  EXPECT_FALSE(got(others.replace_hash(ann.id, "$hash$", "$new$")));
  EXPECT_FALSE(got(others.record_login(ann.id, from_)));
  EXPECT_TRUE(std::holds_alternative<user>(got(others.create(somebody("ann@example.com"), "$hash$", from_))));
  EXPECT_TRUE(got(users_.find(ann.id)));
}

TEST_F(account_store, of_two_registrations_at_once_one_wins) {
  for (int round = 0; round < 20; ++round) {
    const std::string number = std::to_string(round);
    std::vector<creation> outcomes;
    auto keep = [&](result<result<creation>> outcome) { outcomes.push_back(std::move(**outcome)); };
    for (const char* typed : {"twin", "TWIN", "Twin"}) {
      spawn<result<creation>>(loop_.core().queue(),
                              users_.create(somebody(typed + number + "@example.com"), "$hash$", from_), keep);
    }
    ASSERT_TRUE(loop_.run_until([&] { return outcomes.size() == 3; }));
    int users = 0;
    for (const creation& each : outcomes) {
      if (std::holds_alternative<user>(each))
        ++users;
      else
        EXPECT_EQ(std::get<taken>(each), taken::email);
    }
    EXPECT_EQ(users, 1);
  }
}

TEST_F(account_store, constraints_of_the_tables_are_invalid_input) {
  EXPECT_EQ(failure_of(users_.create(somebody("a@example.com", "A", "ann@example.com"), "x", from_)).kind,
            fault::invalid)
      << "a username that looks like an e-mail";
  EXPECT_EQ(failure_of(users_.create(somebody("a@example.com", "A", ""), "x", from_)).kind, fault::invalid);
  const error failure = failure_of(users_.create(somebody("a@example.com", "hush\nhush"), "x", from_));
  EXPECT_EQ(failure.kind, fault::invalid);
  EXPECT_NE(failure.what.find("users_name_form"), std::string::npos) << failure.what;
  EXPECT_EQ(failure.what.find("hush"), std::string::npos) << failure.what;
  EXPECT_EQ(failure_of(users_.create(somebody("a@example.com", std::string("a\0b", 3)), "x", from_)).kind,
            fault::invalid);
  EXPECT_EQ(failure_of(users_.create(somebody("a@example.com", "\xff"), "x", from_)).kind, fault::invalid);
  EXPECT_FALSE(got(users_.find_by_login("a@example.com")));
}

TEST_F(account_store, a_profile_changes_only_where_it_is_told) {
  const user ann = created("ann@example.com", "ann");
  created("bob@example.com", "bob");
  sql("UPDATE gatehouse.users SET email_verified_at = now() WHERE id = '" + ann.id + "'");

  profile_changes name;
  name.name = "Anna";
  user now = changed(ann.id, name);
  EXPECT_EQ(now.name, "Anna");
  EXPECT_EQ(now.email, "ann@example.com");
  EXPECT_EQ(now.username, "ann");
  EXPECT_TRUE(now.email_verified());
  EXPECT_EQ(now.auth_version, 2) << "raised by the e-mail's verification";
  EXPECT_GT(now.updated_at, now.created_at);

  profile_changes rest;
  rest.username = "anna";
  rest.metadata = nlohmann::json::parse(R"({"plan":{"kind":"gold"}})");
  now = changed(ann.id, rest);
  EXPECT_EQ(now.username, "anna");
  EXPECT_EQ(now.metadata, *rest.metadata);
  EXPECT_EQ(now.name, "Anna");

  profile_changes other_case;
  other_case.email = *email::parse("Ann@Example.com");
  now = changed(ann.id, other_case, 3);
  EXPECT_EQ(now.email, "Ann@Example.com");
  EXPECT_TRUE(now.email_verified()) << "the same address";

  profile_changes new_address;
  new_address.email = *email::parse("new@example.com");
  now = changed(ann.id, new_address, 4);
  EXPECT_EQ(now.email, "new@example.com");
  EXPECT_FALSE(now.email_verified());

  profile_changes theirs;
  theirs.email = *email::parse("BOB@example.com");
  EXPECT_EQ(std::get<taken>(got(users_.change_profile(ann.id, theirs, 5, from_))), taken::email);
  profile_changes their_name;
  their_name.username = "Bob";
  EXPECT_EQ(std::get<taken>(got(users_.change_profile(ann.id, their_name, {}, from_))), taken::username);
  EXPECT_TRUE(std::holds_alternative<absent>(got(users_.change_profile(nobody, name, {}, from_))));
  profile_changes not_an_object;
  not_an_object.metadata = nlohmann::json::array();
  EXPECT_EQ(failure_of(users_.change_profile(ann.id, not_an_object, {}, from_)).kind, fault::invalid);
}

TEST_F(account_store, a_changed_email_raises_the_version_and_expires_the_sessions) {
  const user ann = created("ann@example.com");
  profile_changes wish;
  wish.name = "Anna";
  EXPECT_FALSE(std::get<profile_changed>(got(users_.change_profile(ann.id, wish, {}, from_))).outbox_id);
  wish.email = *email::parse("ann@example.com");
  const auto same = std::get<profile_changed>(got(users_.change_profile(ann.id, wish, 1, from_)));
  EXPECT_EQ(same.profile.auth_version, 1);
  EXPECT_FALSE(same.outbox_id);
  EXPECT_TRUE(take_all().empty());

  wish.email = *email::parse("new@example.com");
  const auto now = std::get<profile_changed>(got(users_.change_profile(ann.id, wish, 1, from_)));
  EXPECT_EQ(now.profile.auth_version, 2);
  EXPECT_TRUE(got(users_.take_revocations(10)).empty()) << "its writer has his turn first";
  const std::vector<revocation> due = take_all();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].outbox_id, now.outbox_id);
  EXPECT_EQ(due[0].user_id, ann.id);
  EXPECT_EQ(due[0].least_auth_version, 2);
  EXPECT_EQ(due[0].what, revocation::effect::expire);
  EXPECT_EQ(due[0].keep_session, std::nullopt);
}

TEST_F(account_store, requirement_53_an_email_is_changed_only_at_the_version_the_password_was_shown_for) {
  const user ann = created("ann@example.com");
  got(users_.change_password(ann.id, "$new$", "", 1, from_));
  profile_changes wish;
  wish.email = *email::parse("new@example.com");
  EXPECT_TRUE(std::holds_alternative<absent>(got(users_.change_profile(ann.id, wish, 1, from_))));
  EXPECT_TRUE(std::holds_alternative<absent>(got(users_.change_profile(ann.id, wish, {}, from_))));
  profile_changes name;
  name.name = "Anna";
  EXPECT_TRUE(std::holds_alternative<absent>(got(users_.change_profile(ann.id, name, 1, from_))));
  EXPECT_EQ(got(users_.find(ann.id))->profile.email, "ann@example.com");
  EXPECT_EQ(changed(ann.id, name).name, "Anna");
  EXPECT_EQ(changed(ann.id, wish, 2).auth_version, 3);
  EXPECT_EQ(events(), "registered password_changed profile_changed profile_changed");
}

// An expire raises the sessions above the mark of a kill that is still to come: they would live.
TEST_F(account_store, an_expire_waits_for_the_kills_before_it) {
  const user ann = created("ann@example.com");
  const user bob = created("bob@example.com");
  const auto kill = std::get<password_changed>(got(users_.change_password(ann.id, "$new$", "", 1, from_)));
  profile_changes wish;
  wish.email = *email::parse("new@example.com");
  const auto expire = std::get<profile_changed>(got(users_.change_profile(ann.id, wish, 2, from_)));
  EXPECT_EQ(expire.profile.auth_version, 3);
  EXPECT_FALSE(expire.outbox_id) << "not its writer's turn";
  sql("SELECT gatehouse.set_roles('" + realm_ + "', 'new@example.com', '{admin}')");
  sql("SELECT gatehouse.set_disabled('" + realm_ + "', 'new@example.com', false)");
  sql("SELECT gatehouse.set_roles('" + realm_ + "', 'bob@example.com', '{admin}')");

  const std::vector<revocation> first = take_all();
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].outbox_id, kill.outbox_id);
  EXPECT_EQ(first[1].least_auth_version, 5) << "a kill need not wait";
  EXPECT_EQ(first[2].user_id, bob.id) << "nor other users";

  got(users_.finish(kill.outbox_id));
  const std::vector<revocation> next = take_all();
  ASSERT_EQ(next.size(), 4U);
  EXPECT_EQ(next[0].least_auth_version, 3);
  EXPECT_EQ(next[1].least_auth_version, 4);
}

TEST_F(account_store, what_could_not_be_carried_out_is_due_again_soon) {
  created("ann@example.com");
  for (int i = 0; i < 3; ++i) sql("SELECT gatehouse.set_disabled('" + realm_ + "', 'ann@example.com', true)");
  const std::vector<revocation> due = got(users_.take_revocations(10));
  ASSERT_EQ(due.size(), 3U);
  got(users_.put_back({due[0].outbox_id, due[2].outbox_id}));
  got(users_.put_back({}));
  loop_.run_for(1100ms);
  const std::vector<revocation> again = got(users_.take_revocations(10));
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].outbox_id, due[0].outbox_id);
  EXPECT_EQ(again[1].outbox_id, due[2].outbox_id);
}

// In Turkish the lower case of I is not i, and addresses and usernames are not Turkish.
TEST_F(account_store, letters_fold_alike_whatever_the_locale_of_the_database) {
  sql("CREATE DATABASE turkish TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr'");
  server_->migrate("turkish");
  postgres::pool pool(loop_.core(), *postgres::parse_options(server_->conninfo("turkish"), {"timeout=5s"}, "/"));
  store users(pool, realm_);
  const user ann = std::get<user>(got(users.create(somebody("Irina@Example.com", "Irina", "IRIS"), "$hash$", from_)));
  for (const char* typed : {"Irina@Example.com", "irina@example.com", "IRINA@EXAMPLE.COM", "iris", "IRIS"}) {
    EXPECT_TRUE(got(users.find_by_login(typed))) << typed;
  }
  EXPECT_EQ(std::get<taken>(got(users.create(somebody("irina@example.com"), "$hash$", from_))), taken::email);
  server_->execute("UPDATE gatehouse.users SET email_verified_at = now()", "turkish");
  profile_changes other_case;
  other_case.email = *email::parse("IRINA@example.com");
  EXPECT_TRUE(
      std::get<profile_changed>(got(users.change_profile(ann.id, other_case, 2, from_))).profile.email_verified());
}

TEST_F(account_store, requirement_36_a_new_password_raises_the_version_and_ends_the_other_sessions) {
  const user ann = created("ann@example.com");
  const auto changed = std::get<password_changed>(got(users_.change_password(ann.id, "$new$", "sid-1", 1, from_)));
  EXPECT_EQ(changed.profile.auth_version, 2);
  EXPECT_EQ(got(users_.find(ann.id))->password, "$new$");
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.credentials WHERE user_id = '" + ann.id + "'"), "1");
  EXPECT_EQ(events(), "registered password_changed");

  EXPECT_TRUE(got(users_.take_revocations(10)).empty()) << "its writer has his turn first";
  sql("UPDATE gatehouse.outbox SET due_at = now() WHERE realm = '" + realm_ + "'");
  const std::vector<revocation> due = got(users_.take_revocations(10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].outbox_id, changed.outbox_id);
  EXPECT_EQ(due[0].user_id, ann.id);
  EXPECT_EQ(due[0].least_auth_version, 2);
  EXPECT_EQ(due[0].what, revocation::effect::kill);
  EXPECT_EQ(due[0].keep_session, "sid-1");
}

TEST_F(account_store, a_password_is_changed_only_at_the_expected_version) {
  const user ann = created("ann@example.com");
  std::vector<password_change> outcomes;
  auto keep = [&](result<result<password_change>> outcome) { outcomes.push_back(std::move(**outcome)); };
  for (const char* hash : {"$one$", "$two$"}) {
    spawn<result<password_change>>(loop_.core().queue(), users_.change_password(ann.id, hash, "", 1, from_), keep);
  }
  ASSERT_TRUE(loop_.run_until([&] { return outcomes.size() == 2; }));
  EXPECT_NE(std::holds_alternative<absent>(outcomes[0]), std::holds_alternative<absent>(outcomes[1]));
  EXPECT_TRUE(std::holds_alternative<absent>(got(users_.change_password(nobody, "$x$", "", 1, from_))));
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.outbox WHERE realm = '" + realm_ + "'"), "1");
  EXPECT_EQ(events(), "registered password_changed");
}

TEST_F(account_store, a_first_password_may_be_set) {
  const std::string id = sql("INSERT INTO gatehouse.users (realm, email, name) VALUES ('" + realm_ +
                             "', 'ann@example.com', 'Ann') RETURNING id");
  EXPECT_EQ(got(users_.find(id))->password, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<password_changed>(got(users_.change_password(id, "$new$", "", 1, from_))));
  EXPECT_EQ(got(users_.find(id))->password, "$new$");
  EXPECT_FALSE(got(users_.replace_hash(id, "$other$", "$x$")));
}

TEST_F(account_store, requirement_50_a_rehash_replaces_only_the_hash_that_was_verified) {
  const user ann = created("ann@example.com");
  EXPECT_FALSE(got(users_.replace_hash(ann.id, "$another$", "$new$")));
  EXPECT_EQ(got(users_.find(ann.id))->password, "$hash$");
  EXPECT_TRUE(got(users_.replace_hash(ann.id, "$hash$", "$new$")));
  EXPECT_EQ(got(users_.find(ann.id))->password, "$new$");
  EXPECT_EQ(got(users_.find(ann.id))->profile.auth_version, 1);
  EXPECT_FALSE(got(users_.replace_hash(nobody, "$hash$", "$new$")));
}

TEST_F(account_store, requirement_36_a_removed_user_is_gone_and_his_sessions_are_to_end) {
  const user ann = created("ann@example.com");
  const auto gone = std::get<removed>(got(users_.remove(ann.id, false, from_)));
  EXPECT_EQ(gone.least_auth_version, 2);
  EXPECT_FALSE(got(users_.find(ann.id)));
  EXPECT_TRUE(std::holds_alternative<absent>(got(users_.remove(ann.id, false, from_))));
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.credentials WHERE user_id = '" + ann.id + "'"), "0");
  EXPECT_EQ(events(), "registered removed") << "the trail outlives the user";

  sql("UPDATE gatehouse.outbox SET due_at = now() WHERE realm = '" + realm_ + "'");
  const std::vector<revocation> due = got(users_.take_revocations(10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].outbox_id, gone.outbox_id);
  EXPECT_EQ(due[0].what, revocation::effect::kill);
  EXPECT_EQ(due[0].keep_session, std::nullopt);
  EXPECT_NE(created("ann@example.com").id, ann.id);
}

TEST_F(account_store, requirement_62_logins_and_logouts_are_recorded) {
  const user ann = created("ann@example.com");
  EXPECT_TRUE(got(users_.record_login(ann.id, from_)));
  const user now = got(users_.find(ann.id))->profile;
  EXPECT_GE(now.last_login_at.value_or(0), ann.created_at);
  EXPECT_EQ(now.updated_at, ann.updated_at);
  EXPECT_TRUE(got(users_.record_logout(ann.id, from_)));
  EXPECT_EQ(sql("SELECT last_logout_at >= last_login_at FROM gatehouse.users WHERE id = '" + ann.id + "'"), "t");
  EXPECT_FALSE(got(users_.record_login(nobody, from_)));
  EXPECT_FALSE(got(users_.record_logout(nobody, from_)));

  got(users_.record_event("login_failed", ann.id, {{"why", "password"}}, from_));
  got(users_.record_event("login_failed", "", nlohmann::json::object(), source()));
  EXPECT_EQ(events(), "registered login logout login_failed login_failed");
  EXPECT_EQ(sql("SELECT concat_ws('|', address, user_agent, session_id, detail ->> 'why', user_id)"
                " FROM gatehouse.audit_events WHERE event = 'login_failed' AND realm = '" +
                realm_ + "' ORDER BY id"),
            "192.0.2.7|curl/8|sid-1|password|" + ann.id);
}

TEST_F(account_store, no_user_agent_makes_a_statement_fail) {
  const user ann = created("ann@example.com");
  for (const std::string& agent : {std::string("\xff\xfe"), std::string("a\0b\n\x7f", 5), std::string(100000, 'x')}) {
    EXPECT_TRUE(got(users_.record_login(ann.id, {"unix:", agent, ""})));
  }
  EXPECT_EQ(sql("SELECT string_agg(left(user_agent, 6), ' ' ORDER BY id) FROM gatehouse.audit_events"
                " WHERE event = 'login' AND realm = '" +
                realm_ + "'"),
            "?? a?b?? xxxxxx");
  EXPECT_EQ(sql("SELECT max(length(user_agent)) FROM gatehouse.audit_events"), "512");
}

TEST_F(account_store, a_revocation_is_taken_by_one_and_comes_up_again_unless_finished) {
  created("ann@example.com");
  for (int i = 0; i < 6; ++i) sql("SELECT gatehouse.set_roles('" + realm_ + "', 'ANN@example.com', '{admin,staff}')");
  sql("SELECT gatehouse.set_disabled('" + realm_ + "', 'ann@example.com', true)");

  std::vector<std::vector<revocation>> shares;
  auto keep = [&](result<result<std::vector<revocation>>> outcome) { shares.push_back(std::move(**outcome)); };
  for (int i = 0; i < 2; ++i) {
    spawn<result<std::vector<revocation>>>(loop_.core().queue(), users_.take_revocations(3), keep);
  }
  ASSERT_TRUE(loop_.run_until([&] { return shares.size() == 2; }));
  std::set<std::int64_t> seen;
  for (const auto& share : shares) {
    EXPECT_LE(share.size(), 3U);
    for (const revocation& each : share) {
      EXPECT_TRUE(seen.insert(each.outbox_id).second) << "taken twice";
      EXPECT_EQ(each.what, revocation::effect::expire);
    }
  }
  for (std::size_t left = 7 - seen.size(); left > 0; --left) {
    const std::vector<revocation> one = got(users_.take_revocations(1));
    ASSERT_EQ(one.size(), 1U);
    EXPECT_TRUE(seen.insert(one[0].outbox_id).second);
    EXPECT_EQ(one[0].what == revocation::effect::kill, left == 1) << "the oldest first";
    EXPECT_EQ(one[0].least_auth_version == 8, left == 1);
  }
  EXPECT_TRUE(got(users_.take_revocations(10)).empty());

  got(users_.finish(*seen.begin()));
  got(users_.finish(*seen.begin()));  // harmless
  sql("UPDATE gatehouse.outbox SET due_at = due_at - interval '30 seconds' WHERE realm = '" + realm_ + "'");
  EXPECT_EQ(got(users_.take_revocations(10)).size(), 6U);
  EXPECT_EQ(sql("SELECT max(attempts) FROM gatehouse.outbox WHERE realm = '" + realm_ + "'"), "2");

  const user ann = got(users_.find_by_login("ann@example.com"))->profile;
  EXPECT_EQ(ann.roles, (std::vector<std::string>{"admin", "staff"}));
  EXPECT_TRUE(ann.disabled());
  EXPECT_EQ(ann.auth_version, 8);
}

}  // namespace

}  // namespace gatehouse::account

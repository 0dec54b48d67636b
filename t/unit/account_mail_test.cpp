// Mails in the outbox and the links in them, with no more rights than the documentation grants.
#include <gtest/gtest.h>

#include "account/links.h"
#include "account/mail_queue.h"
#include "account/retention.h"
#include "account/store.h"
#include "documented_role.h"
#include "loop_host.h"
#include "private_postgres.h"

namespace gatehouse::account {

namespace {

using namespace std::chrono_literals;

class account_mail : public testing::Test {
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
  template <class T>
  T got(task<result<T>> work) {
    result<result<T>> outcome = loop_.await(std::move(work));
    if (!outcome) throw std::runtime_error(outcome.failure().what);
    if (!*outcome) throw std::runtime_error(outcome->failure().what);
    return std::move(**outcome);
  }
  static mail_order order(std::string_view letter, seconds lifetime = 60s) {
    mail_order made;
    made.letter = letter;
    made.language = "de";
    made.link = "https://example.com/x?token=";
    made.lifetime = lifetime;
    return made;
  }
  user ann() {
    const new_user fresh{*email::parse("ann@example.com"), "Ann", std::nullopt};
    return std::get<user>(got(users_.create(fresh, "$hash$", from_, order(letter::verify))));
  }
  // A token of this test's own.
  secret named(const std::string& text) const { return secret(realm_ + text); }
  queued_mail taken(seconds how_long = 60s) {
    std::optional<queued_mail> mail = got(mails_.take(how_long));
    if (!mail) throw std::runtime_error("no mail was due");
    return std::move(*mail);
  }
  bool issue(const queued_mail& mail, const std::string& text) {
    return got(mails_.issue(mail.id, mail.lease, named(text)));
  }
  // A link that was sent.
  secret sent(const std::string& text) {
    const queued_mail mail = taken();
    if (mail.moot || !issue(mail, text)) throw std::runtime_error("the mail is not to be sent");
    got(mails_.sent(mail.id, "250 ok"));
    return named(text);
  }
  void end_leases() const { sql("UPDATE gatehouse.outbox SET due_at = now() WHERE realm = '" + realm_ + "'"); }
  void ask(std::string_view letter, const std::string& address = "ann@example.com") {
    got(links_.request(address, order(letter), "asked", from_));
  }
  bool is_dead(const link_use& use) { return std::holds_alternative<dead_link>(use); }
  link_use verify(const secret& token) { return got(links_.verify(token, order(letter::email_changed, 0s), from_)); }
  link_use reset(const secret& token) { return got(links_.reset_password(token, "$new$", std::nullopt, from_)); }
  std::string sql(const std::string& statement) const { return server_->execute(statement); }
  std::string of_realm(const std::string& what) const {
    return sql("SELECT " + what + " WHERE realm = '" + realm_ + "'");
  }

  static inline std::unique_ptr<private_postgres> server_;
  loop_host loop_;
  postgres::pool pool_{loop_.core(), how()};
  const std::string realm_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  store users_{pool_, realm_};
  links links_{pool_, realm_};
  mail_queue mails_{pool_, realm_};
  retention retention_{pool_, realm_};
  const source from_{"192.0.2.7", "curl/8", ""};
};

TEST_F(account_mail, a_mail_carries_what_was_ordered) {
  ann();
  const queued_mail mail = taken();
  EXPECT_EQ(mail.letter, "verify");
  EXPECT_EQ(mail.to, "ann@example.com");
  EXPECT_EQ(mail.name, "Ann");
  EXPECT_EQ(mail.language, "de");
  EXPECT_EQ(mail.link, "https://example.com/x?token=");
  EXPECT_EQ(mail.lifetime, 60s);
  EXPECT_EQ(mail.address, "192.0.2.7");
  EXPECT_EQ(mail.user_agent, "curl/8");
  EXPECT_EQ(mail.attempt, 1);
  EXPECT_FALSE(mail.moot);
  EXPECT_EQ(mail.message_id.size(), 16U);
}

TEST_F(account_mail, a_mail_that_was_taken_is_nobody_elses_until_the_lease_ends) {
  ann();
  const queued_mail first = taken();
  EXPECT_TRUE(issue(first, "a"));
  EXPECT_FALSE(got(mails_.take(60s)));
  end_leases();
  const queued_mail again = taken();
  EXPECT_EQ(again.attempt, 2);
  EXPECT_TRUE(issue(again, "c"));
  EXPECT_FALSE(issue(first, "d")) << "it is not his any more";
  EXPECT_TRUE(is_dead(verify(named("a")))) << "its link is the last one's";
  EXPECT_FALSE(is_dead(verify(named("c"))));
}

TEST_F(account_mail, who_has_lost_the_lease_settles_nothing_but_success) {
  ann();
  const queued_mail late = taken(0s);
  const queued_mail mail = taken();
  got(mails_.failed(late.id, late.lease, "late"));
  got(mails_.retry(late.id, late.lease, "late", 0s));
  got(mails_.put_back(late.id, late.lease, "late", 0s));
  got(mails_.drop(late.id, late.lease));
  EXPECT_EQ(of_realm("state || attempts || reply FROM gatehouse.mails"), "queued2");
  got(mails_.sent(late.id, "250 ok"));
  got(mails_.failed(mail.id, mail.lease, "late"));
  got(mails_.drop(mail.id, mail.lease));
  EXPECT_EQ(of_realm("state || attempts || reply FROM gatehouse.mails"), "sent2250 ok");
}

TEST_F(account_mail, a_lease_that_was_lost_does_not_come_back_with_the_number_of_attempts) {
  ann();
  const queued_mail late = taken(0s);
  const queued_mail next = taken();
  got(mails_.put_back(next.id, next.lease, "down", 60s));
  got(mails_.failed(late.id, late.lease, "late"));
  got(mails_.drop(late.id, late.lease));
  EXPECT_EQ(of_realm("state || attempts || reply FROM gatehouse.mails"), "queued1down");
}

TEST_F(account_mail, a_mail_that_is_put_back_has_not_been_tried) {
  ann();
  const queued_mail mail = taken();
  got(mails_.put_back(mail.id, mail.lease, "down", 0s));
  EXPECT_EQ(taken().attempt, 1);
}

TEST_F(account_mail, a_mail_that_is_not_sent_voids_no_link) {
  ann();
  const secret token = sent("a");
  ask(letter::verify);
  const queued_mail mail = taken();
  got(mails_.put_back(mail.id, mail.lease, "held back", 60s));
  EXPECT_FALSE(is_dead(verify(token)));
}

TEST_F(account_mail, a_later_mail_replaces_an_earlier_one_that_still_waits) {
  const user who = ann();
  const queued_mail earlier = taken();
  ask(letter::verify);
  EXPECT_FALSE(issue(earlier, "x")) << "it was taken before";
  end_leases();
  EXPECT_TRUE(taken().moot);
  const queued_mail later = taken();
  EXPECT_FALSE(later.moot);
  EXPECT_TRUE(issue(later, "b"));
  EXPECT_TRUE(is_dead(verify(named("x"))));
  EXPECT_FALSE(is_dead(verify(named("b"))));
}

TEST_F(account_mail, requirement_55_an_earlier_mail_never_voids_the_link_of_a_later_one) {
  ann();
  const queued_mail earlier = taken();
  ask(letter::verify);
  sent("b");
  // As a statement sees it that began before the later mail was ordered.
  sql("DELETE FROM gatehouse.outbox WHERE state = 'sent' AND realm = '" + realm_ + "'");
  EXPECT_FALSE(issue(earlier, "a"));
  EXPECT_FALSE(is_dead(verify(named("b"))));
}

TEST_F(account_mail, what_nobody_needs_any_more_is_moot) {
  const user who = ann();
  verify(sent("a"));
  ask(letter::verify);
  EXPECT_TRUE(taken().moot) << "verified already";
  ask(letter::reset, "nobody@example.com");
  EXPECT_TRUE(taken().moot) << "there is no such user";
  ask(letter::reset);
  const queued_mail reset = taken();
  EXPECT_FALSE(reset.moot);
  sql("UPDATE gatehouse.users SET disabled_at = now() WHERE id = '" + who.id + "'");
  EXPECT_FALSE(issue(reset, "b")) << "disabled meanwhile";
  end_leases();
  EXPECT_TRUE(taken().moot) << "disabled";
  sql("UPDATE gatehouse.users SET disabled_at = NULL, email = 'ann.lee@example.com' WHERE id = '" + who.id + "'");
  ask(letter::reset, "ann.lee@example.com");
  sql("UPDATE gatehouse.users SET email = 'x@example.com' WHERE id = '" + who.id + "'");
  EXPECT_TRUE(taken().moot) << "the address is not his any more";
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.one_time_tokens WHERE user_id = '" + who.id + "' AND used_at IS NULL"),
            "0");
}

TEST_F(account_mail, requirement_55_a_new_password_voids_the_resets_that_were_asked_for_before) {
  const user who = ann();
  verify(sent("a"));
  ask(letter::reset);
  const secret token = sent("b");
  ask(letter::reset);
  // As by a change that did not see the token, because it was made in the same moment.
  sql("UPDATE gatehouse.credentials SET updated_at = clock_timestamp() WHERE user_id = '" + who.id + "'");
  EXPECT_TRUE(std::holds_alternative<dead_link>(got(links_.find_reset(token))));
  EXPECT_TRUE(is_dead(reset(token)));
  EXPECT_TRUE(taken().moot);
  ask(letter::reset);
  EXPECT_FALSE(is_dead(reset(sent("c"))));
}

TEST_F(account_mail, a_mail_without_a_link_needs_no_token) {
  const user who = ann();
  verify(sent("a"));
  got(users_.change_password(who.id, "$new$", "", who.auth_version + 1, from_, order(letter::password_changed, 0s)));
  const queued_mail mail = taken();
  EXPECT_EQ(mail.letter, "password-changed");
  EXPECT_FALSE(mail.moot);
  EXPECT_TRUE(issue(mail, "b"));
  EXPECT_FALSE(got(mails_.issue(mail.id, mail.lease + 1, named("c")))) << "somebody else's";
}

TEST_F(account_mail, requirement_52_a_request_writes_the_same_for_anybody) {
  ann();
  ask(letter::reset);
  ask(letter::reset, "nobody@example.com");
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.audit_events WHERE event = 'asked' AND realm = '" + realm_ + "'"), "2");
  EXPECT_EQ(sql("SELECT string_agg((payload - 'message_id' - 'user' - 'to')::text, E'\\n' ORDER BY id) ~"
                " '^(.*)\\n\\1$' FROM gatehouse.outbox WHERE realm = '" +
                realm_ + "' AND payload ->> 'letter' = 'reset'"),
            "t");
}

TEST_F(account_mail, requirement_55_a_reset_is_the_emails_and_the_purposes) {
  const user who = ann();
  const secret verifies = sent("a");
  ask(letter::reset);
  const secret resets = sent("b");
  EXPECT_TRUE(is_dead(reset(verifies)));
  EXPECT_TRUE(is_dead(verify(resets)));
  sql("UPDATE gatehouse.users SET email = 'ann.lee@example.com' WHERE id = '" + who.id + "'");
  EXPECT_TRUE(is_dead(reset(resets)));
  EXPECT_TRUE(is_dead(verify(verifies)));
  sql("UPDATE gatehouse.users SET email = 'Ann@Example.com' WHERE id = '" + who.id + "'");
  const std::string before = sql("SELECT auth_version FROM gatehouse.users WHERE id = '" + who.id + "'");
  const link_use used = reset(resets);
  ASSERT_TRUE(std::holds_alternative<link_used>(used)) << "another case of letters is the same address";
  EXPECT_TRUE(std::get<link_used>(used).profile.email_verified());
  EXPECT_EQ(std::get<link_used>(used).profile.auth_version, std::stoll(before) + 1);
  EXPECT_EQ(std::get<dead_link>(reset(resets)), dead_link::unknown);
}

TEST_F(account_mail, an_expired_link_is_known_as_such_until_a_newer_one_comes) {
  ann();
  const secret token = sent("a");
  sql("UPDATE gatehouse.one_time_tokens SET expires_at = now()");
  EXPECT_EQ(std::get<dead_link>(verify(token)), dead_link::expired);
  EXPECT_EQ(std::get<dead_link>(got(links_.find_reset(token))), dead_link::unknown) << "of another purpose";
  ask(letter::verify);
  sent("b");
  EXPECT_EQ(std::get<dead_link>(verify(token)), dead_link::unknown);
}

TEST_F(account_mail, a_word_comes_for_a_mail) {
  int heard = 0;
  mails_.on_mail([&heard] { ++heard; });
  got(users_.find_by_login("ann@example.com"));
  loop_.run_for(50ms);
  ann();
  for (int i = 0; i < 100 && heard == 0; ++i) loop_.run_for(20ms);
  EXPECT_GT(heard, 0);
}

TEST_F(account_mail, old_mails_and_tokens_are_pruned) {
  ann();
  sent("a");
  EXPECT_FALSE(got(retention_.prune(seconds(400 * 86400))));
  EXPECT_EQ(of_realm("count(*) FROM gatehouse.mails"), "1");
  sql("UPDATE gatehouse.outbox SET done_at = now() - interval '8 days'");
  sql("UPDATE gatehouse.one_time_tokens SET expires_at = now() - interval '31 days'");
  EXPECT_FALSE(got(retention_.prune(seconds(400 * 86400))));
  EXPECT_EQ(of_realm("count(*) FROM gatehouse.mails"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.one_time_tokens t JOIN gatehouse.users u ON u.id = t.user_id"
                " WHERE u.realm = '" +
                realm_ + "'"),
            "0");
}

// Issue 10.6: in bounded steps, and none of another realm's.
TEST_F(account_mail, old_audit_events_are_pruned_by_the_thousand) {
  const std::string events = "(realm, event, at) SELECT '" + realm_ + "', 'login_failed', now() - interval ";
  sql("INSERT INTO gatehouse.audit_events " + events + "'401 days' FROM generate_series(1, 1500)");
  sql("INSERT INTO gatehouse.audit_events " + events + "'399 days' FROM generate_series(1, 10)");
  sql("INSERT INTO gatehouse.audit_events (realm, event, at) VALUES ('other', 'login', now() - interval '2 years')");
  const auto left = [&] { return of_realm("count(*) FROM gatehouse.audit_events"); };
  EXPECT_TRUE(got(retention_.prune(seconds(400 * 86400))));
  EXPECT_EQ(left(), "510");
  EXPECT_FALSE(got(retention_.prune(seconds(400 * 86400))));
  EXPECT_EQ(left(), "10");
  EXPECT_EQ(sql("SELECT count(*) FROM gatehouse.audit_events WHERE realm = 'other'"), "1");
  EXPECT_THROW(got(retention_.prune(seconds(3600))), std::runtime_error) << "whoever asks";
}

}  // namespace

}  // namespace gatehouse::account

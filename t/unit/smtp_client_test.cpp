#include <algorithm>
#include <set>

#include "smtp_mails.h"

namespace gatehouse::smtp {

namespace {

class smtp_client : public testing::Test {
 protected:
  private_smtp smtp;
  loop_host loop;
  client by{loop.core(), to_server(smtp)};
};

TEST_F(smtp_client, a_mail_arrives_byte_for_byte) {
  EXPECT_EQ(loop.watches(), 0U) << "connects lazily";
  const message what = mail_to("ann@example.com", ".\n..\n.hidden\nend");
  const delivery got = send(loop, by, what);
  EXPECT_EQ(got.what, outcome::accepted) << got.words;
  EXPECT_EQ(got.words, "250 2.0.0 kept");
  EXPECT_EQ(loop.foreground_timers(), 0U);

  const auto mails = smtp.mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].from, "auth@example.com");
  EXPECT_EQ(mails[0].to, std::vector<std::string>{"ann@example.com"});
  EXPECT_EQ(mails[0].bytes, *write(what));
  EXPECT_FALSE(mails[0].tls);
}

TEST_F(smtp_client, a_large_mail_arrives) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "." + std::to_string(i) + " and some more words to fill the line\n";
  const message what = mail_to("ann@example.com", text);
  EXPECT_TRUE(send(loop, by, what).accepted());
  ASSERT_EQ(smtp.mails().size(), 1U);
  EXPECT_EQ(smtp.mails()[0].bytes, *write(what));
}

TEST_F(smtp_client, one_connection_serves_several_mails_and_says_quit) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
  const auto mails = smtp.mails();
  ASSERT_EQ(mails.size(), 3U);
  EXPECT_EQ(mails[0].connection, mails[2].connection);
  by.close();
  EXPECT_TRUE(comes_to(loop, smtp, "QUIT"));
  loop.run_for(millis{1});
  EXPECT_EQ(loop.watches(), 0U);
}

TEST_F(smtp_client, two_mails_at_a_time) {
  smtp.behave(R"({"MESSAGE": {"delay": 0.3}})");
  std::optional<delivery> ended[5];
  for (auto& each : ended) begin(loop, by, mail_to("ann@example.com"), each);
  const auto all_ended = [&] {
    return std::all_of(ended, ended + 5, [](const auto& each) { return each.has_value(); });
  };
  ASSERT_TRUE(loop.run_until(all_ended, millis{10000}));
  for (const auto& each : ended) EXPECT_TRUE(each->accepted()) << each->words;

  std::set<int> connections;
  for (const auto& mail : smtp.mails()) connections.insert(mail.connection);
  EXPECT_EQ(smtp.mails().size(), 5U);
  EXPECT_EQ(connections.size(), 2U);
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST_F(smtp_client, nothing_waits_inside_a_call_while_the_server_thinks) {
  smtp.behave(R"({"MESSAGE": {"delay": 1}})");
  std::optional<delivery> ended;
  begin(loop, by, mail_to("ann@example.com"), ended);
  ASSERT_TRUE(comes_to(loop, smtp, "MESSAGE"));
  smtp.server().pause();
  loop.run_for(millis{50});  // would not return before the server answers, which is never
  EXPECT_FALSE(ended.has_value());
  EXPECT_EQ(loop.foreground_timers(), 1U) << "it keeps a quitting worker alive";
  smtp.server().resume();
  ASSERT_TRUE(loop.run_until([&] { return ended.has_value(); }));
  EXPECT_TRUE(ended->accepted()) << ended->words;
}

TEST_F(smtp_client, what_the_server_says_decides) {
  struct {
    const char* step;
    const char* reply;
    outcome what;
    bool concerns_all;
  } const cases[] = {
      {"MAIL", "451 4.3.0 not now", outcome::try_again, true},
      {"MAIL", "550 5.7.1 sender unknown", outcome::try_again, true},
      {"RCPT", "450 4.2.0 greylisted", outcome::try_again, false},
      {"RCPT", "452 4.2.2 mailbox full", outcome::try_again, false},
      {"RCPT", "550 5.1.1 no such user", outcome::refused, false},
      {"RCPT", "530 5.7.0 log in first", outcome::try_again, true},
      {"RCPT", "354 what", outcome::try_again, true},
      {"DATA", "451 4.3.0 not now", outcome::try_again, false},
      {"DATA", "554 5.5.1 no valid recipients", outcome::refused, false},
      {"DATA", "250 what", outcome::try_again, true},
      {"MESSAGE", "452 4.3.1 disk full", outcome::try_again, false},
      {"MESSAGE", "550 5.7.1 looks like spam", outcome::refused, false},
  };
  for (const auto& each : cases) {
    smtp.behave(std::string("{\"") + each.step + "\": {\"reply\": \"" + each.reply + "\"}}");
    const delivery got = send(loop, by, mail_to("ann@example.com"));
    EXPECT_EQ(got.what, each.what) << each.reply;
    EXPECT_EQ(got.concerns_all, each.concerns_all) << each.step << " " << each.reply;
    EXPECT_EQ(got.words, each.reply);
  }
  EXPECT_TRUE(smtp.mails().empty());
  smtp.behave("{}");
  EXPECT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted()) << "the connection has been cleared with RSET";
}

TEST_F(smtp_client, a_reply_is_shown_as_one_printable_line) {
  smtp.behave(R"({"RCPT": {"reply": "550-5.1.1 no\tsuch\r\n550-\u001b[31muser\r\n550 )" + std::string(2000, 'x') +
              R"("}})");
  const delivery got = send(loop, by, mail_to("ann@example.com"));
  EXPECT_EQ(got.what, outcome::refused);
  EXPECT_TRUE(got.words.starts_with("550 5.1.1 no such  [31muser xxx")) << got.words;
  EXPECT_EQ(got.words.size(), 500U);
}

TEST_F(smtp_client, a_server_that_closes_down_is_left_and_found_again) {
  for (const char* step : {"MAIL", "RCPT", "DATA"}) {
    smtp.behave(std::string("{\"") + step + R"(": {"reply": "421 4.3.2 shutting down", "close": true, "times": 1}})");
    expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "421 4.3.2 shutting down");
    const delivery next = send(loop, by, mail_to("ann@example.com"));
    EXPECT_TRUE(next.accepted()) << step << ": " << next.words;
  }
}

TEST_F(smtp_client, a_connection_that_died_at_rest_is_replaced) {
  ASSERT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
  smtp.server().stop();
  smtp.server().start();  // the loop has not run: nobody has noticed
  const delivery next = send(loop, by, mail_to("ann@example.com"));
  EXPECT_TRUE(next.accepted()) << next.words;

  smtp.behave(R"({"RSET": {"reply": "421 4.4.2 idle too long", "close": true}})");
  const delivery third = send(loop, by, mail_to("ann@example.com"));
  EXPECT_TRUE(third.accepted()) << third.words;

  ASSERT_EQ(loop.watches(), 1U);
  smtp.server().stop();
  EXPECT_TRUE(loop.run_until([&] { return loop.watches() == 0; })) << "what has hung up is not kept";
}

TEST_F(smtp_client, a_hung_rested_connection_is_replaced_in_time) {
  ASSERT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
  smtp.behave(R"({"RSET": {"delay": 30}})");
  const delivery next = send(loop, by, mail_to("ann@example.com"));
  EXPECT_TRUE(next.accepted()) << next.words;
}

TEST_F(smtp_client, a_server_that_hangs_up) {
  for (const char* step : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}) {
    smtp.behave(std::string("{\"") + step + R"(": {"close": true}})");
    expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "SMTP smtp://127.0.0.1:");
  }
  const message large = mail_to("ann@example.com", std::string(3000000, 'x'));
  for (const char* text : {R"({"CONTENTS": {"close": true}})", R"({"MESSAGE": {"close": true}})"}) {
    smtp.behave(text);
    expect_try_again(send(loop, by, large), false, "hung up");
  }
  EXPECT_EQ(smtp.mails().size(), 1U) << "the one whose acceptance was lost";
  smtp.behave(R"({"CONTENTS": {"reply": "552 5.3.4 too large for me", "close": true}})");
  const delivery refused = send(loop, by, mail_to("ann@example.com", std::string(300, 'x')));
  EXPECT_EQ(refused.what, outcome::refused) << refused.words;
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST_F(smtp_client, a_refusing_greeting_is_nobodys_mails_fault) {
  smtp.behave(R"({"CONNECT": {"reply": "554 5.7.1 we do not know you"}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, ": 554 5.7.1 we do not know you");
  smtp.behave(R"({"CONNECT": {"reply": "HTTP/1.1 400 Bad Request"}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "SMTP smtp://127.0.0.1:");
  smtp.behave(R"({"EHLO": {"reply": "502 5.5.1 what"}})");
  EXPECT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted()) << "HELO will do without TLS";
}

TEST_F(smtp_client, a_server_that_talks_nonsense) {
  for (const char* reply : {"hello there", "25x OK", "2500 OK", "999 no", "250_OK", ""}) {
    smtp.behave(std::string(R"({"MAIL": {"reply": ")") + reply + "\"}}");
    expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "this is no SMTP");
  }
}

TEST_F(smtp_client, an_answer_before_the_question_is_none) {
  smtp.behave(R"({"DATA": {"reply": "354 go on\r\n250 2.0.0 kept"}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), false, "an answer before the question");
  smtp.behave(R"({"RCPT": {"reply": "250 2.1.5 ok\r\n354 go on"}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "an answer before the question");
  smtp.behave(R"({"MESSAGE": {"reply": "250 2.0.0 kept\r\n250 2.0.0 and this", "times": 1}})");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
  EXPECT_EQ(smtp.mails().size(), 2U);
}

TEST_F(smtp_client, a_server_that_is_reached_gets_the_mail_over_that_connection) {
  smtp.behave(R"({"CONNECT": {"reply": "554 5.7.1 we do not know you"}})");
  expect_try_again(*loop.await(by.reach()), true, "we do not know you");
  smtp.behave("{}");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(loop.await(by.reach())->accepted());
    ASSERT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
  }
  EXPECT_EQ(smtp.mails()[0].connection, smtp.mails()[1].connection);
  EXPECT_FALSE(smtp.has_step("QUIT"));
  EXPECT_EQ(loop.foreground_timers(), 0U);
  by.close();
  expect_try_again(*loop.await(by.reach()), true, "the worker is stopping");
}

TEST_F(smtp_client, an_endless_reply_ends) {
  smtp.behave(R"({"MAIL": {"reply": "250-)" + std::string(200000, 'x') + "\"}}");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "endless");
}

TEST_F(smtp_client, no_server) {
  smtp.server().stop();
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "onnect");
  smtp.server().start();
  EXPECT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST_F(smtp_client, no_such_host) {
  options to = to_server(smtp);
  to.host = "no-such-host.invalid";
  client other(loop.core(), to);
  expect_try_again(send(loop, other, mail_to("ann@example.com")), true, "SMTP smtp://no-such-host.invalid:");
}

TEST_F(smtp_client, a_name_is_looked_up) {
  options to = to_server(smtp);
  to.host = "localhost";
  client other(loop.core(), to);
  EXPECT_TRUE(send(loop, other, mail_to("ann@example.com")).accepted());
}

TEST_F(smtp_client, what_cannot_be_written_is_refused_and_nobody_is_asked) {
  for (const char* address :
       {"", "ann", "ann@example.com\r\nRCPT TO:<eve@example.com>", "ann@example.com,eve@example.com",
        "<ann@example.com>", "ann@example.com> NOTIFY=NEVER"}) {
    EXPECT_EQ(send(loop, by, mail_to(address)).what, outcome::refused) << address;
  }
  EXPECT_EQ(loop.watches(), 0U);
}

TEST_F(smtp_client, every_mail_has_its_deadline) {
  options to = to_server(smtp);
  to.timeout = millis{1200};
  client hasty(loop.core(), to);
  for (const char* step : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}) {
    smtp.behave(std::string("{\"") + step + R"(": {"delay": 60}})");
    expect_try_again(send(loop, hasty, mail_to("ann@example.com")), true, "within the time that timeout= gives");
  }
  smtp.behave(R"({"MESSAGE": {"delay": 60}})");
  std::optional<delivery> ended[3];
  for (auto& each : ended) begin(loop, hasty, mail_to("ann@example.com"), each);
  ASSERT_TRUE(loop.run_until([&] { return ended[0] && ended[1] && ended[2]; }));
  expect_try_again(*ended[0], false, "no answer within");
  expect_try_again(*ended[1], false, "no answer within");
  EXPECT_EQ(ended[2]->what, outcome::try_again) << ended[2]->words;
  EXPECT_EQ(loop.foreground_timers(), 0U);
  EXPECT_EQ(loop.watches(), 0U);
}

TEST_F(smtp_client, a_deadline_in_the_midst_of_a_mail_leaves_no_part_of_it) {
  options to = to_server(smtp);
  to.timeout = millis{1500};
  client hasty(loop.core(), to);
  smtp.server().pause();
  std::optional<delivery> ended;
  begin(loop, hasty, mail_to("ann@example.com", std::string(20000000, 'x')), ended);
  smtp.server().resume();
  ASSERT_TRUE(comes_to(loop, smtp, "DATA"));
  smtp.server().pause();
  ASSERT_TRUE(loop.run_until([&] { return ended.has_value(); }));
  expect_try_again(*ended, false, "no answer within");
  smtp.server().resume();
  EXPECT_TRUE(send(loop, by, mail_to("bob@example.com")).accepted());
  ASSERT_EQ(smtp.mails().size(), 1U) << "half a mail must not be taken for a whole one";
  EXPECT_EQ(smtp.mails()[0].to[0], "bob@example.com");
}

TEST_F(smtp_client, close_ends_what_is_pending_and_what_comes_later) {
  smtp.behave(R"({"MESSAGE": {"delay": 60}})");
  std::optional<delivery> ended[3];
  for (auto& each : ended) begin(loop, by, mail_to("ann@example.com"), each);
  ASSERT_TRUE(comes_to(loop, smtp, "MESSAGE"));
  by.close();
  EXPECT_EQ(loop.foreground_timers(), 0U);
  ASSERT_TRUE(loop.run_until([&] { return ended[0] && ended[1] && ended[2]; }));
  for (const auto& each : ended) {
    EXPECT_EQ(each->what, outcome::try_again);
    EXPECT_NE(each->words.find("the worker is stopping"), std::string::npos) << each->words;
  }
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "the worker is stopping");
  EXPECT_EQ(loop.watches(), 0U);
}

TEST(smtp_client_end, destroyed_at_any_moment) {
  private_smtp smtp;
  smtp.behave(R"({"RCPT": {"delay": 0.01}})");
  for (int turns = 0; turns < 40; ++turns) {
    loop_host loop;
    std::optional<delivery> ended[3];
    {
      client by(loop.core(), to_server(smtp));
      for (auto& each : ended) begin(loop, by, mail_to("ann@example.com"), each);
      for (int i = 0; i < turns; ++i) loop.run_for(millis{1});
    }
    ASSERT_TRUE(loop.run_until([&] { return ended[0] && ended[1] && ended[2]; })) << turns;
    loop.run_for(millis{1});
    EXPECT_EQ(loop.foreground_timers(), 0U);
    EXPECT_EQ(loop.watches(), 0U);
  }
}

TEST_F(smtp_client, out_of_connections) {
  loop.refuse_watches(true);
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "worker_connections");
  loop.refuse_watches(false);
  EXPECT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
}

TEST_F(smtp_client, starttls_required_is_not_offered) {
  options to = to_server(smtp);
  to.tls = encryption::starttls;
  client strict(loop.core(), to);
  expect_try_again(send(loop, strict, mail_to("ann@example.com")), true, "STARTTLS");
  EXPECT_FALSE(smtp.has_step(" MAIL"));
  to.tls = encryption::if_offered;
  client lax(loop.core(), to);
  EXPECT_TRUE(send(loop, lax, mail_to("ann@example.com")).accepted());
}

TEST_F(smtp_client, a_log_in_that_is_not_offered) {
  options to = to_server(smtp);
  to.user = "ann";
  to.password = secret("canary");
  client with_user(loop.core(), to);
  expect_try_again(send(loop, with_user, mail_to("ann@example.com")), true, "offers no log-in");
}

}  // namespace

}  // namespace gatehouse::smtp

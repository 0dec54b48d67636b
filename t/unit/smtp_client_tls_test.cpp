#include <fstream>
#include <iterator>

#include "smtp_mails.h"

namespace gatehouse::smtp {

namespace {

std::string content_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// TLS and log-in, each server with a certificate of its own.
class smtp_client_tls : public testing::Test {
 protected:
  options with_tls(const private_smtp& smtp, encryption tls) const {
    options made = to_server(smtp);
    made.tls = tls;
    made.certificates = content_of(good.file);
    made.user = "ann";
    made.password = secret("pass word");
    return made;
  }
  std::vector<std::string> server_options(const char* tls, const private_certificate& certificate) const {
    return {"--tls",         tls,      "--certificate", certificate.file, "--key",
            certificate.key, "--user", "ann",           "--password",     "pass word"};
  }

  private_folder folder{"smtp-tls"};
  private_certificate good{folder, "IP:127.0.0.1,DNS:localhost"};
  loop_host loop;
};

TEST_F(smtp_client_tls, both_kinds) {
  for (const auto& [word, kind] : {std::pair("starttls", encryption::starttls),
                                   {"starttls", encryption::if_offered},
                                   {"implicit", encryption::from_start}}) {
    private_smtp smtp(server_options(word, good));
    client by(loop.core(), with_tls(smtp, kind));
    const message large = mail_to("ann@example.com", std::string(2000000, 'x'));
    for (int i = 0; i < 2; ++i) {
      const delivery got = send(loop, by, large);
      EXPECT_TRUE(got.accepted()) << word << ": " << got.words;
    }
    const auto mails = smtp.mails();
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_TRUE(mails[0].tls);
    EXPECT_EQ(mails[0].user, "ann");
    EXPECT_EQ(mails[0].bytes, *write(large));
    EXPECT_EQ(mails[0].connection, mails[1].connection);
    loop.run_for(millis{50});
    EXPECT_EQ(loop.watches(), 1U) << "tickets of TLS 1.3 do not end a rest";
  }
}

TEST_F(smtp_client_tls, a_certificate_that_nobody_vouches_for) {
  for (const auto& [word, kind] : {std::pair("starttls", encryption::starttls),
                                   {"starttls", encryption::if_offered},
                                   {"implicit", encryption::from_start}}) {
    private_smtp smtp(server_options(word, good));
    options to = with_tls(smtp, kind);
    to.certificates.clear();
    client by(loop.core(), to);
    expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "ertificate");
    EXPECT_FALSE(smtp.has_step(" AUTH"));
  }
}

TEST_F(smtp_client_tls, a_certificate_for_another_host) {
  const private_folder other_folder("smtp-other");
  const private_certificate other(other_folder, "DNS:other.example.com");
  private_smtp smtp(server_options("implicit", other));
  options to = with_tls(smtp, encryption::from_start);
  to.certificates = content_of(other.file);
  client by(loop.core(), to);
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "the certificate must be for \"127.0.0.1\"");
  EXPECT_FALSE(smtp.has_step(" AUTH"));
}

TEST_F(smtp_client_tls, a_wrong_password) {
  private_smtp smtp(server_options("starttls", good));
  options to = with_tls(smtp, encryption::starttls);
  to.password = secret("canary");
  client by(loop.core(), to);
  const delivery got = send(loop, by, mail_to("ann@example.com"));
  expect_try_again(got, true, "(535 5.7.8); check user= and password_file=");

  smtp.behave(R"({"AUTH": {"reply": "535 5.7.8 canary is no password"}})");
  const delivery quoted = send(loop, by, mail_to("ann@example.com"));
  expect_try_again(quoted, true, "(535 5.7.8)");
  EXPECT_EQ(quoted.words.find("canary"), std::string::npos) << quoted.words;
}

TEST_F(smtp_client_tls, starttls_refused_or_broken) {
  private_smtp smtp(server_options("starttls", good));
  client by(loop.core(), with_tls(smtp, encryption::starttls));
  smtp.behave(R"({"STARTTLS": {"reply": "454 4.7.0 not now"}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "454 4.7.0 not now");
  smtp.behave(R"({"STARTTLS": {"reply": "220 go on", "close": true}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "SMTP smtp://127.0.0.1:");
  smtp.behave(R"({"STARTTLS": {"reply": "220 go on\r\n250 injected"}})");
  expect_try_again(send(loop, by, mail_to("ann@example.com")), true, "SMTP smtp://127.0.0.1:");
  smtp.behave("{}");
  EXPECT_TRUE(send(loop, by, mail_to("ann@example.com")).accepted());
}

}  // namespace

}  // namespace gatehouse::smtp

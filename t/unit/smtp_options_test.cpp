#include <gtest/gtest.h>

#include <vector>

#include "private_server.h"
#include "private_smtp.h"
#include "smtp/options.h"

namespace gatehouse::smtp {

namespace {

result<options> parse(const std::vector<std::string_view>& words, const std::string& prefix = "/etc/nginx/") {
  return parse_options(words, prefix);
}

std::string refusal(std::vector<std::string_view> words, const std::string& prefix = "/etc/nginx/") {
  const result<options> parsed = parse(words, prefix);
  return parsed.ok() ? "accepted" : parsed.failure().what;
}

TEST(smtp_options, defaults) {
  const result<options> parsed = parse({"smtp://mail.example.com", "from=auth@example.com"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->host, "mail.example.com");
  EXPECT_EQ(parsed->port, 25);
  EXPECT_EQ(parsed->tls, encryption::starttls);
  EXPECT_EQ(parsed->from.address, "auth@example.com");
  EXPECT_EQ(parsed->from.name, "");
  EXPECT_TRUE(parsed->user.empty());
  EXPECT_TRUE(parsed->certificates.empty());
  EXPECT_EQ(parsed->timeout, millis{30000});
  EXPECT_EQ(parsed->name(), "SMTP smtp://mail.example.com:25");
}

TEST(smtp_options, addresses) {
  struct {
    const char* word;
    const char* host;
    int port;
    encryption tls;
    const char* url;
  } const cases[] = {
      {"smtp://localhost", "localhost", 25, encryption::none, "smtp://localhost:25"},
      {"smtp://LOCALHOST:26", "LOCALHOST", 26, encryption::none, "smtp://LOCALHOST:26"},
      {"smtp://127.0.0.1", "127.0.0.1", 25, encryption::none, "smtp://127.0.0.1:25"},
      {"smtp://127.255.0.9:2525", "127.255.0.9", 2525, encryption::none, "smtp://127.255.0.9:2525"},
      {"smtp://[::1]", "::1", 25, encryption::none, "smtp://[::1]:25"},
      {"smtp://[::1]:587", "::1", 587, encryption::none, "smtp://[::1]:587"},
      {"smtp://[2001:db8::1]:587", "2001:db8::1", 587, encryption::starttls, "smtp://[2001:db8::1]:587"},
      {"smtp://10.0.0.1", "10.0.0.1", 25, encryption::starttls, "smtp://10.0.0.1:25"},
      {"smtp://localhost.example.com", "localhost.example.com", 25, encryption::starttls,
       "smtp://localhost.example.com:25"},
      {"smtp://127.1", "127.1", 25, encryption::starttls, "smtp://127.1:25"},
      {"smtp://mail_1.example.com:1", "mail_1.example.com", 1, encryption::starttls, "smtp://mail_1.example.com:1"},
      {"smtps://mail.example.com", "mail.example.com", 465, encryption::from_start, "smtps://mail.example.com:465"},
      {"smtps://localhost:65535", "localhost", 65535, encryption::from_start, "smtps://localhost:65535"},
  };
  for (const auto& each : cases) {
    const result<options> parsed = parse({each.word, "from=auth@example.com"});
    ASSERT_TRUE(parsed.ok()) << each.word << ": " << parsed.failure().what;
    EXPECT_EQ(parsed->host, each.host);
    EXPECT_EQ(parsed->port, each.port);
    EXPECT_EQ(parsed->tls, each.tls) << each.word;
    EXPECT_EQ(parsed->url(), each.url);
  }
}

TEST(smtp_options, wrong_addresses) {
  for (const char* word :
       {"", "localhost", "mail.example.com:25", "SMTP://localhost", "http://localhost", "smtp:localhost"}) {
    EXPECT_EQ(refusal({word, "from=auth@example.com"}),
              "smtp: where is the server? Write smtp://HOST[:PORT] or smtps://HOST[:PORT] first")
        << word;
  }
  EXPECT_NE(refusal({}).find("where is the server?"), std::string::npos);
  for (const char* word : {"smtp://", "smtp://:25", "smtp://a b", "smtp://localhost/path", "smtp://localhost?x",
                           "smtp://::1", "smtp://[::1", "smtp://[localhost]", "smtp://[127.0.0.1]", "smtp://[]",
                           "smtp://mäil.example.com", "smtp://localhost#", "smtp://a\nb", "smtps://%6c"}) {
    EXPECT_NE(refusal({word, "from=auth@example.com"}).find("names no host; write smtp://mail.example.com:25"),
              std::string::npos)
        << word << ": " << refusal({word, "from=auth@example.com"});
  }
  for (const char* word : {"smtp://localhost:", "smtp://localhost:0", "smtp://localhost:65536", "smtp://localhost:25x",
                           "smtp://localhost:25/", "smtp://[::1]25", "smtp://[::1]:", "smtp://localhost:-1"}) {
    EXPECT_NE(refusal({word, "from=auth@example.com"}).find("has no port; write HOST:25"), std::string::npos) << word;
  }
  const std::string with_password = refusal({"smtp://ann:canary@mail.example.com", "from=auth@example.com"});
  EXPECT_NE(with_password.find("write user=NAME and password_file=FILE"), std::string::npos);
  EXPECT_EQ(with_password.find("canary"), std::string::npos);
}

TEST(smtp_options, all_settings) {
  const private_folder folder("smtp_options");
  const private_certificate certificate(folder, "DNS:mail.example.com");
  folder.write("password", "pass word\n");
  const std::string prefix = folder.path().string() + "/";
  const result<options> parsed =
      parse({"smtp://mail.example.com:587", "from=auth@example.com", "name=Café \"Zum Löwen\"", "user=ann@example.com",
             "password_file=password", "starttls=required", "ca_file=certificate.pem", "timeout=1m 500ms"},
            prefix);
  ASSERT_TRUE(parsed.ok()) << parsed.failure().what;
  EXPECT_EQ(parsed->from.name, "Café \"Zum Löwen\"");
  EXPECT_EQ(parsed->user, "ann@example.com");
  EXPECT_EQ(parsed->password.reveal(), "pass word");
  EXPECT_TRUE(parsed->certificates.starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(parsed->timeout, millis{60500});

  EXPECT_TRUE(parse({"smtps://mail.example.com", "from=auth@example.com", "ca_file=" + certificate.file}).ok());
}

TEST(smtp_options, starttls) {
  const auto tls = [](const char* address, const char* word) {
    const result<options> parsed = parse({address, "from=auth@example.com", word});
    EXPECT_TRUE(parsed.ok()) << word;
    return parsed->tls;
  };
  EXPECT_EQ(tls("smtp://localhost", "starttls=required"), encryption::starttls);
  EXPECT_EQ(tls("smtp://localhost", "starttls=try"), encryption::if_offered);
  EXPECT_EQ(tls("smtp://mail.example.com", "starttls=off"), encryption::none);
  EXPECT_EQ(refusal({"smtp://localhost", "from=auth@example.com", "starttls=on"}),
            "smtp: starttls is required, try or off");
  for (const char* word : {"starttls=off", "starttls=try", "starttls=required"}) {
    EXPECT_NE(refusal({"smtps://mail.example.com", "from=auth@example.com", word}).find("drop one of them"),
              std::string::npos);
  }
}

TEST(smtp_options, no_password_crosses_the_network_in_the_clear) {
  const private_folder folder("smtp_options");
  folder.write("password", "canary\n");
  const std::string prefix = folder.path().string() + "/";
  const auto with = [&](const char* address, const char* word) {
    return refusal({address, "from=auth@example.com", "user=ann", "password_file=password", word}, prefix);
  };
  for (const char* word : {"starttls=off", "starttls=try"}) {
    for (const char* address :
         {"smtp://mail.example.com", "smtp://10.0.0.1", "smtp://[2001:db8::1]", "smtp://128.0.0.1"}) {
      EXPECT_NE(with(address, word).find("in the clear; write starttls=required, or use smtps://"), std::string::npos);
    }
    EXPECT_EQ(with("smtp://localhost", word), "accepted");
    EXPECT_EQ(with("smtp://[::1]", word), "accepted");
  }
  EXPECT_EQ(with("smtp://mail.example.com", "starttls=required"), "accepted");
  EXPECT_EQ(with("smtps://mail.example.com", "timeout=5s"), "accepted");
  EXPECT_EQ(with("smtp://mail.example.com", "timeout=5s"), "accepted") << "required is the default";
}

TEST(smtp_options, wrong_settings_say_what_to_write) {
  const private_folder folder("smtp_options");
  folder.write("password", "canary\n");
  folder.write("control",
               "can\x01"
               "ary\n");
  folder.write("not.pem", "canary\n");
  folder.write("empty", "");
  const std::string prefix = folder.path().string() + "/";
  struct {
    std::vector<std::string_view> words;
    const char* says;
  } const cases[] = {
      {{}, "whose mail is it? Write from=ADDRESS"},
      {{"from="}, "\"from=\" has no value"},
      {{"from=auth"}, "from=\"auth\" is no address; write from=auth@example.com"},
      {{"from=auth@example.com\r\nBcc: eve@example.com"}, "is no address"},
      {{"from=a@b.example,c@d.example"}, "is no address"},
      {{"from=a@b.example", "from=c@d.example"}, "\"from\" is given twice"},
      {{"from=a@b.example", "name=\"Display"}, "put the quotation marks around the whole word"},
      {{"from=a@b.example", "name=x\r\nBcc: y"}, "name= is one line of UTF-8"},
      {{"from=a@b.example", "name=\xFF"}, "name= is one line of UTF-8"},
      {{"from=a@b.example", "name=x\u2028y"}, "name= is one line of UTF-8"},
      {{"from=a@b.example", "password=canary"}, "write password_file=FILE"},
      {{"from=a@b.example", "user=ann"}, "user= and password_file= belong together"},
      {{"from=a@b.example", "password_file=password"}, "user= and password_file= belong together"},
      {{"from=a@b.example", "user=ann", "password_file=absent"}, "password_file: cannot read"},
      {{"from=a@b.example", "user=ann", "password_file=empty"}, "password_file: "},
      {{"from=a@b.example", "user=ann", "password_file=control"}, "the password has a control character"},
      {{"from=a@b.example", "user=a\nb", "password_file=password"}, "user= has a control character"},
      {{"from=a@b.example", "ca_file=absent"}, "ca_file: cannot read"},
      {{"from=a@b.example", "ca_file=not.pem"}, "holds no certificate in PEM"},
      {{"from=a@b.example", "ca_file=empty"}, "holds no certificate in PEM"},
      {{"from=a@b.example", "timeout=0"}, "timeout is from 1s to 10m"},
      {{"from=a@b.example", "timeout=999ms"}, "timeout is from 1s to 10m"},
      {{"from=a@b.example", "timeout=11m"}, "timeout is from 1s to 10m"},
      {{"from=a@b.example", "timeout=soon"}, "timeout: "},
      {{"from=a@b.example", "tls=on"}, "\"tls\" is unknown here; write from=, name="},
      {{"from=a@b.example", "pool"}, "\"pool\" has no value"},
  };
  for (const auto& each : cases) {
    std::vector<std::string_view> words{"smtp://mail.example.com"};
    words.insert(words.end(), each.words.begin(), each.words.end());
    const std::string got = refusal(words, prefix);
    EXPECT_TRUE(got.starts_with("smtp: ")) << got;
    EXPECT_NE(got.find(each.says), std::string::npos) << got;
    EXPECT_EQ(got.find("canary"), std::string::npos) << got;
  }
  EXPECT_NE(refusal({"smtp://localhost", "from=a@b.example", "ca_file=x"}, prefix).find("ca_file"), std::string::npos);
  const private_certificate certificate(folder, "DNS:localhost");
  EXPECT_NE(refusal({"smtp://localhost", "from=a@b.example", "starttls=off", "ca_file=certificate.pem"}, prefix)
                .find("of no use without TLS; write starttls=required"),
            std::string::npos);
  const result<options> local = parse({"smtp://localhost", "from=a@b.example", "ca_file=certificate.pem"}, prefix);
  ASSERT_TRUE(local.ok()) << local.failure().what;
  EXPECT_EQ(local->tls, encryption::starttls) << "who names a CA wants TLS";
}

}  // namespace

}  // namespace gatehouse::smtp

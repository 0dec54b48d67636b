#include <gtest/gtest.h>

#include <algorithm>

#include "postgres/options.h"
#include "private_server.h"

namespace gatehouse::postgres {

namespace {

std::string value_of(const options& in, std::string_view keyword) {
  const auto found =
      std::find_if(in.parameters.begin(), in.parameters.end(), [&](const auto& each) { return each.first == keyword; });
  return found == in.parameters.end() ? "(none)" : found->second;
}

std::string failure_of(const std::string& conninfo, const std::vector<std::string>& arguments = {}) {
  const result<options> parsed = parse_options(conninfo, arguments, "/nowhere/");
  return parsed ? "(none)" : parsed.failure().what;
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(postgres_options, defaults) {
  const result<options> parsed = parse_options("host=/run/postgresql dbname=gatehouse", {}, "/nowhere/");
  ASSERT_TRUE(parsed.ok()) << parsed.failure().what;
  EXPECT_EQ(value_of(*parsed, "host"), "/run/postgresql");
  EXPECT_EQ(value_of(*parsed, "dbname"), "gatehouse");
  EXPECT_EQ(value_of(*parsed, "client_encoding"), "UTF8");
  EXPECT_EQ(value_of(*parsed, "fallback_application_name"), "gatehouse");
  EXPECT_EQ(value_of(*parsed, "options"), "-c statement_timeout=2000");
  EXPECT_EQ(value_of(*parsed, "connect_timeout"), "2");
  EXPECT_EQ(parsed->server, "PostgreSQL (host=/run/postgresql dbname=gatehouse)");
  EXPECT_EQ(parsed->pool, 4U);
  EXPECT_EQ(parsed->queue, 256U);
  EXPECT_EQ(parsed->timeout, millis(2000));
  EXPECT_TRUE(parsed->password.empty());
}

TEST(postgres_options, what_the_operator_wrote_wins) {
  const result<options> parsed = parse_options(
      "dbname=g connect_timeout=7 application_name=mine client_encoding=latin1 options='-c statement_timeout=9'",
      {"pool=2", "queue=10", "timeout=500ms"}, "/nowhere/");
  ASSERT_TRUE(parsed.ok()) << parsed.failure().what;
  EXPECT_EQ(value_of(*parsed, "options"), "-c statement_timeout=500 -c statement_timeout=9");
  EXPECT_EQ(value_of(*parsed, "connect_timeout"), "7");
  EXPECT_EQ(value_of(*parsed, "application_name"), "mine");
  EXPECT_EQ(value_of(*parsed, "client_encoding"), "UTF8") << "the one thing that is ours";
  EXPECT_EQ(parsed->pool, 2U);
  EXPECT_EQ(parsed->queue, 10U);
  EXPECT_EQ(parsed->timeout, millis(500));
}

TEST(postgres_options, several_hosts_and_uris_are_libpqs_business) {
  for (const std::string conninfo : {"host=a,b port=5432,5433 dbname=g target_session_attrs=read-write",
                                     "postgresql://a:5432,b:5433/g?target_session_attrs=read-write"}) {
    const result<options> parsed = parse_options(conninfo, {}, "/nowhere/");
    ASSERT_TRUE(parsed.ok()) << parsed.failure().what;
    EXPECT_EQ(value_of(*parsed, "host"), "a,b");
    EXPECT_EQ(value_of(*parsed, "port"), "5432,5433");
    EXPECT_EQ(value_of(*parsed, "target_session_attrs"), "read-write");
  }
}

TEST(postgres_options, a_password_in_the_configuration_is_refused_and_never_repeated) {
  for (const std::string conninfo :
       {"host=a password=hunter2", "host=a password = 'hunter2'", "postgresql://me:hunter2@a/g",
        "postgres://a/g?password=hunter2", "postgresql://me:hunter2@[a/g", "host=a password=my hunter2",
        "password=x hunter2 host", "postgresql://me:hunter2@a/g?nonsense=1", "host=a sslpassword=hunter2"}) {
    const std::string failure = failure_of(conninfo);
    EXPECT_FALSE(says(failure, "hunter2")) << failure;
    EXPECT_TRUE(says(failure, "password_file=") || says(failure, "sslpassword")) << conninfo << ": " << failure;
  }
  // The quotation marks were forgotten: nginx makes words of it.
  const std::string failure = failure_of("host=a", {"password=hunter2"});
  EXPECT_FALSE(says(failure, "hunter2")) << failure;
  EXPECT_TRUE(says(failure, "quotation marks")) << failure;
}

TEST(postgres_options, the_password_comes_from_a_file) {
  const private_folder folder("options");
  const std::string file = folder.write("a pass'word", "pass'word \n");
  const std::string plain = folder.write("plain", "pass'word \n");
  const std::string prefix = folder.path().string() + "/";
  const std::string quoted = prefix + "a pass\\'word";

  struct example {
    std::string conninfo;
    std::vector<std::string> arguments;
  };
  const std::vector<example> examples{
      {"host=a dbname=g", {"password_file=" + file}},
      {"host=a dbname=g", {"password_file=plain"}},
      {"host=a password_file=" + plain + " dbname=g", {}},
      {"password_file = '" + quoted + "' host=a dbname=g", {}},
      {"host=a dbname=g password_file=plain", {}},
      {"host='a' application_name='x password_file=no \\' y' dbname=g password_file=plain", {}},
      {"postgresql://a/g?password_file=" + plain, {}},
      {"postgresql://a/g?password_file=plain&application_name=x", {}},
      {"postgresql://a/g?application_name=x&password_file=a%20pass'word", {}},
  };
  for (const example& each : examples) {
    const result<options> parsed = parse_options(each.conninfo, each.arguments, prefix);
    ASSERT_TRUE(parsed.ok()) << each.conninfo << ": " << parsed.failure().what;
    EXPECT_EQ(parsed->password.reveal(), "pass'word ") << each.conninfo;
    EXPECT_EQ(value_of(*parsed, "host"), "a") << each.conninfo;
    EXPECT_EQ(value_of(*parsed, "dbname"), "g") << each.conninfo;
    EXPECT_EQ(value_of(*parsed, "password"), "(none)");
    EXPECT_EQ(value_of(*parsed, "passfile"), "(none)");
  }
}

TEST(postgres_options, a_bad_password_file_is_named) {
  EXPECT_TRUE(says(failure_of("host=a password_file=/no/such"), "/no/such"));
  EXPECT_TRUE(says(failure_of("host=a", {"password_file=such"}), "/nowhere/such"));
  EXPECT_TRUE(says(failure_of("host=a password_file="), "names no file"));
  EXPECT_TRUE(says(failure_of("host=a password_file='"), "connection string"));
  const private_folder folder("options");
  const std::string file = folder.write("p", "x\n");
  EXPECT_TRUE(says(failure_of("password_file=" + file, {"password_file=" + file}), "twice"));
}

TEST(postgres_options, wrong_words_are_explained) {
  EXPECT_TRUE(says(failure_of("host=a nonsense=1"), "nonsense"));
  EXPECT_TRUE(says(failure_of("host"), "host"));
  EXPECT_TRUE(says(failure_of("postgresql://[a"), "connection string"));
  EXPECT_TRUE(says(failure_of("host=a", {"dbname=g"}), "quotation marks"));
  EXPECT_TRUE(says(failure_of("host=a", {"pool=0"}), "pool"));
  EXPECT_TRUE(says(failure_of("host=a", {"pool=many"}), "pool"));
  EXPECT_TRUE(says(failure_of("host=a", {"pool"}), "pool"));
  EXPECT_TRUE(says(failure_of("host=a", {"queue=0"}), "queue"));
  EXPECT_TRUE(says(failure_of("host=a", {"timeout=soon"}), "timeout"));
  EXPECT_TRUE(says(failure_of("host=a", {"timeout=0"}), "timeout"));
  EXPECT_TRUE(says(failure_of("host=a", {"timeout=1h"}), "timeout"));
}

}  // namespace

}  // namespace gatehouse::postgres

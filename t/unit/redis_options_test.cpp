#include <gtest/gtest.h>

#include <vector>

#include "private_server.h"
#include "redis/options.h"

namespace gatehouse::redis {

namespace {

result<options> parse(const std::vector<std::string_view>& words, std::string_view prefix = "/etc/nginx/") {
  return parse_options(words, prefix);
}

std::string refusal(const std::vector<std::string_view>& words) {
  const result<options> parsed = parse(words);
  return parsed.ok() ? "accepted" : parsed.failure().what;
}

TEST(redis_options, a_unix_socket) {
  const result<options> parsed = parse({"unix:/run/redis/redis.sock"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->unix_path, "/run/redis/redis.sock");
  EXPECT_EQ(parsed->timeout, millis{250});
  EXPECT_EQ(parsed->database, 0);
  EXPECT_EQ(parsed->name(), "redis unix:/run/redis/redis.sock");
}

TEST(redis_options, addresses) {
  struct {
    const char* word;
    const char* host;
    int port;
    const char* name;
  } const cases[] = {
      {"127.0.0.1", "127.0.0.1", 6379, "redis 127.0.0.1:6379"},
      {"127.0.0.1:7000", "127.0.0.1", 7000, "redis 127.0.0.1:7000"},
      {"[::1]", "::1", 6379, "redis [::1]:6379"},
      {"[fe80::1]:1", "fe80::1", 1, "redis [fe80::1]:1"},
  };
  for (const auto& each : cases) {
    const result<options> parsed = parse({each.word});
    ASSERT_TRUE(parsed.ok()) << each.word << ": " << parsed.failure().what;
    EXPECT_EQ(parsed->host, each.host);
    EXPECT_EQ(parsed->port, each.port);
    EXPECT_EQ(parsed->name(), each.name);
  }
}

TEST(redis_options, a_name_is_looked_up_while_the_configuration_is_read) {
  const result<options> parsed = parse({"localhost:6380"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->host == "127.0.0.1" || parsed->host == "::1") << parsed->host;
  EXPECT_EQ(parsed->port, 6380);
  EXPECT_EQ(parsed->place(), "redis localhost:6380/0") << "issue 10.5: whatever its address is today";
  EXPECT_EQ(parse({"127.0.0.1", "db=2"})->place(), parse({"127.0.0.1:6379", "db=2"})->place());
  EXPECT_EQ(parse({"unix:/run/redis.sock", "db=2"})->place(), "redis unix:/run/redis.sock/2");
  EXPECT_NE(refusal({"no-such-host.invalid"}).find("cannot be found"), std::string::npos);
}

TEST(redis_options, all_settings) {
  const private_folder folder("redis_options");
  folder.write("password", "s3cret word\n");
  const result<options> parsed =
      parse({"127.0.0.1", "db=3", "user=gatehouse", "password_file=password", "timeout=1s", "wait=2"},
            folder.path().string() + "/");
  ASSERT_TRUE(parsed.ok()) << parsed.failure().what;
  EXPECT_EQ(parsed->database, 3);
  EXPECT_EQ(parsed->user, "gatehouse");
  EXPECT_EQ(parsed->password.reveal(), "s3cret word");
  EXPECT_EQ(parsed->timeout, millis{1000});
  EXPECT_EQ(parsed->connect_timeout, millis{1000});
  EXPECT_EQ(parsed->wait_replicas, 2);
}

TEST(redis_options, what_is_wrong_is_said) {
  struct {
    std::vector<std::string_view> words;
    const char* part;
  } const cases[] = {
      {{}, "unix:/path or host:port"},
      {{"unix:redis.sock"}, "absolute path"},
      {{"unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789"},
       "longer than 107 bytes"},
      {{""}, "names no host"},
      {{":6379"}, "names no host"},
      {{"[]:1"}, "names no host"},
      {{"127.0.0.1:"}, "127.0.0.1:"},
      {{"127.0.0.1:0"}, "127.0.0.1:0"},
      {{"127.0.0.1:65536"}, "65536"},
      {{"127.0.0.1:6379x"}, "6379x"},
      {{"::1"}, "in brackets"},
      {{"[::1"}, "write [::1]:6379"},
      {{"[::1]6379"}, "write [::1]:6379"},
      {{"127.0.0.1", "db=x"}, "db=x"},
      {{"127.0.0.1", "db=-1"}, "db=-1"},
      {{"127.0.0.1", "db="}, "no value"},
      {{"127.0.0.1", "db"}, "no value"},
      {{"127.0.0.1", "db=1", "db=2"}, "given twice"},
      {{"127.0.0.1", "colour=red"}, "unknown \"colour\""},
      {{"127.0.0.1", "timeout=soon"}, "timeout=soon"},
      {{"127.0.0.1", "timeout=1ms"}, "from 10ms to 60s"},
      {{"127.0.0.1", "timeout=2m"}, "from 10ms to 60s"},
      {{"127.0.0.1", "wait=many"}, "wait=many"},
      {{"127.0.0.1", "user=me"}, "needs password_file="},
      {{"127.0.0.1", "password=hunter2"}, "password_file=FILE"},
      {{"127.0.0.1", "password_file=/nonexistent/file"}, "/nonexistent/file"},
  };
  for (const auto& each : cases) {
    const std::string said = refusal(each.words);
    EXPECT_NE(said.find(each.part), std::string::npos) << said;
    EXPECT_TRUE(said.starts_with("redis: ")) << said;
    EXPECT_EQ(said.find("hunter2"), std::string::npos);
  }
}

}  // namespace

}  // namespace gatehouse::redis

// What the tests of session/store.h share: a store over a Redis of its own, with a table.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "loop_host.h"
#include "page_memory.h"
#include "private_redis.h"
#include "session/store.h"

namespace gatehouse::session {

inline constexpr lifetimes usual{seconds{900}, seconds{3600}, seconds{86400}, seconds{10}};

// The calls without their ceremony: what fails, fails the test.
class session_store : public ::testing::Test {
 protected:
  session_store() {
    connection_.emplace(loop_.core(), redis_.patient());
    EXPECT_TRUE(zone::lay_out(memory_.data(), memory_.size()).ok());
    zone_.emplace(loop_.core(), memory_.data());
    result<revocations> attached = revocations::attach(*zone_, "main");
    EXPECT_TRUE(attached.ok());
    table_.emplace(*attached);
    store_.emplace(*connection_, "main", seconds{900}, &*table_);
  }

  template <class T>
  T must(task<result<T>> work) {
    result<result<T>> given = loop_.await(std::move(work));
    if (!given) throw std::runtime_error(given.failure().what);
    if (!*given) throw std::runtime_error(given->failure().what);
    return std::move(**given);
  }

  redis::reply command(std::vector<std::string> args) { return must(connection_->command(std::move(args))); }

  opening of(const std::string& user) {
    opening made;
    made.user_id = user;
    made.auth_version = 1;
    made.user_json = R"({"name":"Ann"})";
    made.client = "rest";
    made.lifetimes = usual;
    made.address = "192.0.2.1";
    made.user_agent = "curl/8";
    made.amr = "pwd";
    made.key_id = "k1";
    return made;
  }

  head open(const opening& with) { return std::get<head>(must(store_->open(with))); }
  head open(const std::string& user) { return open(of(user)); }

  static renewal of(const head& token) {
    renewal made;
    made.sid = token.sid;
    made.user_id = token.user_id;
    made.generation = token.generation;
    made.seat = token.seat;
    made.client = token.client;
    made.lifetimes = usual;
    made.key_id = "k2";
    made.address = "192.0.2.2";
    made.user_agent = "curl/9";
    return made;
  }

  rotation rotate(const renewal& with) { return must(store_->rotate(with)); }
  head rotate(const head& token) { return std::get<head>(rotate(of(token))); }
  refusal refused(const renewal& with) { return std::get<refusal>(rotate(with)); }

  bool lives(const std::string& sid) { return must(store_->read(sid)).has_value(); }

  void set(const head& session, const std::string& field, const std::string& value) {
    command({"HSET", "gatehouse:{main}:session:" + session.sid, field, value});
  }

  // The feed's entries, each as "name=value name=value".
  std::vector<std::string> feed() {
    std::vector<std::string> entries;
    for (const redis::reply& entry : command({"XRANGE", "gatehouse:{main}:feed", "-", "+"}).elements) {
      std::string text;
      const std::vector<redis::reply>& fields = entry.elements[1].elements;
      for (std::size_t i = 0; i < fields.size(); i += 2) text += fields[i].text + "=" + fields[i + 1].text + " ";
      entries.push_back(text);
    }
    return entries;
  }
  bool told(const std::string& part) {
    for (const std::string& entry : feed()) {
      if (entry.find(part) != std::string::npos) return true;
    }
    return false;
  }

  // What the guard would say of an access token of this session.
  standing guard(const head& session) {
    const holder token{session_mark("main", session.sid), user_mark("main", session.user_id), session.auth_version,
                       session.now, session.auth_time};
    return table_->judge(token, steady_seconds());
  }

  private_redis redis_;
  loop_host loop_;
  page_memory memory_{zone::least_size};
  std::optional<redis::connection> connection_;
  std::optional<zone> zone_;
  std::optional<revocations> table_;
  std::optional<store> store_;
};

}  // namespace gatehouse::session

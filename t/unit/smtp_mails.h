// Mails for the tests of the SMTP client, and what became of them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "loop_host.h"
#include "private_smtp.h"
#include "smtp/client.h"

namespace gatehouse::smtp {

using outcome = delivery::outcome;

inline options to_server(const private_smtp& smtp) {
  options made;
  made.host = "127.0.0.1";
  made.port = smtp.port();
  made.tls = encryption::none;
  made.from = {"Gatehouse", "auth@example.com"};
  made.timeout = millis{5000};
  return made;
}

inline message mail_to(const std::string& address, const std::string& text = "Hello\n") {
  message made;
  made.from = {"Gatehouse", "auth@example.com"};
  made.to = {"", address};
  made.subject = "Test";
  made.text = text;
  made.message_id = "1@example.com";
  made.date = 1767225600;
  return made;
}

inline delivery send(loop_host& loop, client& by, message what, millis limit = millis{10000}) {
  result<delivery> ended = loop.await(by.send(std::move(what)), limit);
  if (!ended) return {outcome::try_again, "the test failed: " + ended.failure().what, false};
  return *ended;
}

// Starts a mail; `into` is filled when it has ended.
inline void begin(loop_host& loop, client& by, message what, std::optional<delivery>& into) {
  std::function<void(result<delivery>)> keep = [&into](result<delivery> ended) {
    into = ended ? *ended : delivery{outcome::try_again, "the test failed", false};
  };
  spawn<delivery>(loop.core().queue(), by.send(std::move(what)), std::move(keep));
}

// The loop knows nothing of what happens in the server, so look now and then.
inline bool comes_to(loop_host& loop, const private_smtp& smtp, const std::string& step) {
  for (int i = 0; i < 250 && !smtp.has_step(step); ++i) loop.run_for(millis{20});
  return smtp.has_step(step);
}

inline void expect_try_again(const delivery& got, bool concerns_all, std::string_view words) {
  EXPECT_EQ(got.what, outcome::try_again) << got.words;
  EXPECT_EQ(got.concerns_all, concerns_all) << got.words;
  EXPECT_NE(got.words.find(words), std::string::npos) << got.words;
}

}  // namespace gatehouse::smtp

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "session/places.h"

namespace gatehouse::session {

namespace {

constexpr unix_seconds moment = 1'800'000'000;

redis::options at(const std::string& path) {
  redis::options made;
  made.unix_path = path;
  return made;
}

std::vector<place_name> names(const std::string& prefix, std::size_t count) {
  std::vector<place_name> made;
  for (std::size_t i = 0; i < count; ++i) made.emplace_back(prefix + std::to_string(i), at("/redis"));
  return made;
}

// Issue 10.5. In memory that children share, as workers do.
class session_places : public ::testing::Test {
 protected:
  session_places()
      : shared_(*static_cast<places*>(
            mmap(nullptr, sizeof(places), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~session_places() override { munmap(&shared_, sizeof(places)); }

  // A configuration is read and then runs.
  places::set configure(const std::vector<place_name>& wanted) {
    result<places::set> reserved = shared_.reserve(wanted, moment);
    if (!reserved) throw std::runtime_error(reserved.failure().what);
    shared_.settle(*reserved);
    return *reserved;
  }

  places& shared_;
};

TEST_F(session_places, every_pair_has_a_place_of_its_own_and_finds_it_again) {
  const place_name main("main", at("/one"));
  EXPECT_EQ(configure({main, {"main", at("/two")}, {"other", at("/one")}}).count(), 3U);
  const std::size_t place = *shared_.take(main, moment);
  EXPECT_EQ(shared_[place].realm, main.realm);
  EXPECT_EQ(*shared_.take(main, moment), place);
}

TEST_F(session_places, go_to_other_pairs_when_no_configuration_and_no_worker_uses_them) {
  for (int reload = 0; reload < 10; ++reload) {
    EXPECT_EQ(configure(names(std::to_string(reload) + "/", places::most_realms)).count(), places::most_realms);
  }
}

TEST_F(session_places, are_kept_while_a_worker_lives) {
  const std::vector<place_name> first = names("first/", places::most_realms);
  configure(first);
  int told[2];
  ASSERT_EQ(pipe(told), 0);
  const pid_t worker = fork();
  if (worker == 0) {
    for (const place_name& each : first) (void)shared_.take(each, moment);
    (void)!write(told[1], "", 1);
    pause();
  }
  char byte = 1;
  ASSERT_EQ(read(told[0], &byte, 1), 1);

  configure(names("second/", places::most_realms));
  const auto third = names("third/", places::most_realms);
  const result<places::set> refused = shared_.reserve(third, moment);
  const std::string said = refused ? "" : refused.failure().what;
  EXPECT_NE(said.find("workers of an older configuration have ended"), std::string::npos) << said;

  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);
  close(told[0]);
  close(told[1]);
  EXPECT_TRUE(shared_.reserve(third, moment).ok()) << "a worker that was killed uses nothing";
}

TEST_F(session_places, are_kept_until_their_revocations_are_over) {
  const std::vector<place_name> first = names("first/", places::most_realms);
  configure(first);
  for (const place_name& each : first) shared_[*shared_.take(each, moment)].until = moment + 900;
  shared_.leave();
  configure(names("second/", places::most_realms));

  const auto third = names("third/", places::most_realms);
  const result<places::set> refused = shared_.reserve(third, moment);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.failure().what.find("the first is free in 900 s"), std::string::npos) << refused.failure().what;
  EXPECT_TRUE(shared_.reserve(first, moment).ok()) << "who comes back finds his own";
  EXPECT_TRUE(shared_.reserve(third, moment + 900).ok());
}

TEST_F(session_places, of_a_configuration_that_never_ran_are_free_at_the_next) {
  const std::vector<place_name> running = names("running/", places::most_realms);
  configure(running);
  for (int tried = 0; tried < 5; ++tried) {
    ASSERT_TRUE(shared_.reserve(names(std::to_string(tried) + "/", places::most_realms), moment).ok());
  }
  for (std::size_t i = 0; i < running.size(); ++i) {
    const std::size_t place = *shared_.take(running[i], moment);
    EXPECT_EQ(shared_[place].realm, running[i].realm);
  }
}

TEST_F(session_places, begin_as_if_nothing_had_been_there) {
  const place_name old("old", at("/redis"));
  configure({old});
  realm_state& place = shared_[*shared_.take(old, moment)];
  place.read_at = 1;
  place.floor = moment;
  place.cursor_time = 1;
  shared_.leave();
  configure(names("others/", places::most_realms));
  configure(names("more/", places::most_realms));
  for (std::size_t i = 0; i < places::room; ++i) {
    EXPECT_EQ(shared_[i].read_at, 0) << i;
    EXPECT_EQ(shared_[i].floor, 0) << i;
    EXPECT_EQ(shared_[i].cursor_time, 0U) << i;
  }
}

}  // namespace

}  // namespace gatehouse::session

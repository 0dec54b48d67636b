#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "loop_host.h"
#include "page_memory.h"
#include "session/revocations.h"

namespace gatehouse::session {

namespace {

constexpr unix_seconds now = 1'800'000'000;

class session_revocations : public ::testing::Test {
 protected:
  session_revocations() {
    EXPECT_TRUE(zone::lay_out(memory_.data(), memory_.size()).ok());
    zone_.emplace(loop_.core(), memory_.data());
    table_.emplace(attach("main"));
  }

  revocations attach(const std::string& realm) {
    result<revocations> made = revocations::attach(*zone_, realm);
    if (!made) throw std::runtime_error(made.failure().what);
    return *made;
  }

  static holder token(const std::string& sid, const std::string& user, std::int64_t av = 1, unix_seconds iat = now,
                      unix_seconds auth_time = now) {
    return {session_mark("main", sid), user_mark("main", user), av, iat, auth_time};
  }

  static revocation ended(const std::string& sid, unix_seconds until = now + 1000) {
    revocation what;
    what.subject = session_mark("main", sid);
    what.at = now;
    what.until = until;
    return what;
  }

  static revocation changed(revocation::type kind, const std::string& user, std::int64_t least,
                            const std::string& keep = "") {
    revocation what;
    what.kind = kind;
    what.subject = user_mark("main", user);
    what.least = least;
    if (!keep.empty()) what.keep = session_mark("main", keep);
    what.at = now;
    what.until = now + 1000;
    return what;
  }

  loop_host loop_;
  page_memory memory_{zone::least_size};
  std::optional<zone> zone_;
  std::optional<revocations> table_;
};

TEST(session_mark, stands_for_one_id_of_one_realm) {
  EXPECT_EQ(session_mark("main", "s"), session_mark("main", "s"));
  EXPECT_FALSE(session_mark("main", "s") == session_mark("main", "t"));
  EXPECT_FALSE(session_mark("main", "s") == session_mark("other", "s"));
  EXPECT_FALSE(session_mark("main", "s") == user_mark("main", "s"));
  EXPECT_FALSE(session_mark("mai", "ns") == session_mark("main", "s"));
}

TEST(session_mark, is_written_and_read_as_32_digits) {
  const mark made = session_mark("main", "s");
  EXPECT_EQ(made.hex().size(), 32U);
  EXPECT_EQ(parse_mark(made.hex()), made);
  EXPECT_EQ((mark{0x0123456789abcdef, 0xf}).hex(), "0123456789abcdef000000000000000f");
  EXPECT_TRUE(parse_mark(std::string(32, '0'))->empty());
  for (const char* wrong :
       {"", "0", "0123456789abcdef000000000000000g", "0123456789abcdef000000000000000",
        "0123456789abcdef000000000000000f0", "-123456789abcdef000000000000000f", "0x23456789abcdef000000000000000f"}) {
    EXPECT_FALSE(parse_mark(wrong).has_value()) << wrong;
  }
}

TEST_F(session_revocations, an_empty_table_lets_all_pass) {
  EXPECT_EQ(table_->judge(token("s", "ann"), now), standing::valid);
  EXPECT_EQ(table_->floor(), 0);
}

TEST_F(session_revocations, requirement_35_an_ended_session_is_revoked_until_its_tokens_are_dead) {
  table_->add(ended("s", now + 10), now);
  EXPECT_EQ(table_->judge(token("s", "ann"), now), standing::revoked);
  EXPECT_EQ(table_->judge(token("t", "ann"), now), standing::valid);
  EXPECT_EQ(table_->judge(token("s", "ann"), now + 9), standing::revoked);
  EXPECT_EQ(table_->judge(token("s", "ann"), now + 10), standing::valid);
}

TEST_F(session_revocations, requirement_36_a_kill_means_tokens_of_a_lower_auth_version) {
  table_->add(changed(revocation::type::user_kill, "ann", 3, "kept"), now);
  EXPECT_EQ(table_->judge(token("s", "ann", 2), now), standing::revoked);
  EXPECT_EQ(table_->judge(token("s", "ann", 3), now), standing::valid);
  EXPECT_EQ(table_->judge(token("kept", "ann", 2), now), standing::valid);
  EXPECT_EQ(table_->judge(token("s", "bob", 2), now), standing::valid);
}

TEST_F(session_revocations, an_expire_means_a_refresh) {
  table_->add(changed(revocation::type::user_expire, "ann", 3), now);
  EXPECT_EQ(table_->judge(token("s", "ann", 2), now), standing::expired);
  EXPECT_EQ(table_->judge(token("s", "ann", 3), now), standing::valid);
}

TEST_F(session_revocations, requirement_71_a_raised_session_refreshes_the_tokens_of_before) {
  const auto judge = [this](const std::string& sid, unix_seconds auth_time) {
    return table_->judge(token(sid, "ann", 1, now, auth_time), now);
  };
  revocation raised = ended("s");
  raised.kind = revocation::type::session_raised;
  raised.least = now + 1;
  table_->add(raised, now);
  EXPECT_EQ(judge("s", now), standing::expired);
  EXPECT_EQ(judge("s", now + 1), standing::valid);
  EXPECT_EQ(judge("t", now), standing::valid);
  EXPECT_EQ(table_->judge_session(token("s", "ann", 1, now, now), now), standing::expired) << "Redis has forgotten it";

  raised.least = now + 5;
  table_->add(raised, now);
  EXPECT_EQ(judge("s", now + 4), standing::expired);
  EXPECT_EQ(table_->live(now).size(), 1U) << "the latest takes the place of those before";
  table_->add(ended("s"), now);
  EXPECT_EQ(judge("s", now + 5), standing::revoked);
  EXPECT_EQ(judge("s", now), standing::revoked);
}

TEST_F(session_revocations, several_changes_of_one_user_all_count_and_the_worst_wins) {
  table_->add(changed(revocation::type::user_kill, "ann", 2, "kept"), now);
  table_->add(changed(revocation::type::user_expire, "ann", 3), now);
  EXPECT_EQ(table_->judge(token("s", "ann", 1), now), standing::revoked);
  EXPECT_EQ(table_->judge(token("kept", "ann", 1), now), standing::expired);
  EXPECT_EQ(table_->judge(token("s", "ann", 2), now), standing::expired);
  EXPECT_EQ(table_->judge(token("s", "ann", 3), now), standing::valid);
}

TEST_F(session_revocations, the_same_entry_again_takes_no_second_slot_and_the_later_end_holds) {
  for (int i = 0; i < 1000; ++i) table_->add(ended("s", now + 10), now);
  table_->add(ended("s", now + 5), now);
  EXPECT_EQ(table_->live(now).size(), 1U);
  table_->add(ended("s", now + 20), now);
  EXPECT_EQ(table_->live(now).size(), 1U);
  EXPECT_EQ(table_->judge(token("s", "ann"), now + 19), standing::revoked);
  EXPECT_EQ(table_->floor(), 0);
}

TEST_F(session_revocations, a_later_change_of_a_user_takes_the_place_of_an_earlier_one_of_its_kind) {
  for (int least = 2; least < 200; ++least) {
    table_->add(changed(revocation::type::user_kill, "ann", least, "kept"), now);
    table_->add(changed(revocation::type::user_expire, "ann", least), now);
  }
  EXPECT_EQ(table_->live(now).size(), 2U);
  EXPECT_EQ(table_->floor(), 0);
  EXPECT_EQ(table_->judge(token("s", "ann", 198), now), standing::revoked);
  EXPECT_EQ(table_->judge(token("kept", "ann", 198), now), standing::expired);
  EXPECT_EQ(table_->judge(token("s", "ann", 199), now), standing::valid);

  table_->add(changed(revocation::type::user_kill, "ann", 200, "another"), now);
  EXPECT_EQ(table_->judge(token("kept", "ann", 199), now), standing::revoked);
  EXPECT_EQ(table_->judge(token("another", "ann", 199), now), standing::valid);
  EXPECT_EQ(table_->judge(token("s", "ann", 199), now + 999), standing::revoked);
}

TEST_F(session_revocations, an_earlier_change_that_comes_late_changes_nothing_but_may_last_longer) {
  table_->add(changed(revocation::type::user_kill, "ann", 3, "kept"), now);
  revocation late = changed(revocation::type::user_kill, "ann", 2, "another");
  table_->add(late, now);
  late.until = now + 5000;
  table_->add(late, now);
  EXPECT_EQ(table_->live(now).size(), 1U);
  EXPECT_EQ(table_->judge(token("another", "ann", 2), now), standing::revoked);
  EXPECT_EQ(table_->judge(token("kept", "ann", 1), now), standing::valid);
  EXPECT_EQ(table_->live(now)[0].least, 3);
  EXPECT_EQ(table_->live(now)[0].until, now + 5000);
}

TEST_F(session_revocations, what_is_over_is_not_added) {
  table_->add(ended("s", now), now);
  EXPECT_TRUE(table_->live(now - 1).empty());
}

TEST_F(session_revocations, a_full_table_raises_the_floor_and_evicts_nothing) {
  int added = 0;
  while (table_->floor() == 0) table_->add(ended("s" + std::to_string(added++)), now);
  EXPECT_EQ(table_->floor(), now);
  const auto held = static_cast<int>(table_->live(now).size());
  EXPECT_EQ(held, added - 1);
  const std::size_t room = (zone_->revocations().size() - sizeof(places)) / 48;
  EXPECT_GT(held, static_cast<int>(room * 7 / 10)) << "two choices fill it almost wholly";
  for (int i = 0; i < held; ++i) {
    ASSERT_EQ(table_->judge(token("s" + std::to_string(i), "ann"), now), standing::revoked) << i;
  }

  EXPECT_EQ(table_->judge(token("live", "ann", 1, now), now), standing::expired);
  EXPECT_EQ(table_->judge(token("live", "ann", 1, now - 5), now), standing::expired);
  EXPECT_EQ(table_->judge(token("live", "ann", 1, now + 1), now), standing::valid);
  EXPECT_EQ(table_->judge_session(token("live", "ann", 1, now), now), standing::valid);
  EXPECT_EQ(attach("other").floor(), 0) << "the floor is the realm's";
}

// Issue 10.7: whichever of a realm's places has run out of room, the floor is the realm's.
TEST_F(session_revocations, a_floor_holds_at_every_redis_of_the_realm) {
  redis::options elsewhere;
  elsewhere.unix_path = "/elsewhere";
  const revocations before = *revocations::attach(*zone_, "main", elsewhere);
  for (int i = 0; table_->floor() == 0; ++i) table_->add(ended("s" + std::to_string(i)), now);
  EXPECT_EQ(before.floor(), now);
  elsewhere.unix_path = "/yet/elsewhere";
  EXPECT_EQ(revocations::attach(*zone_, "main", elsewhere)->floor(), now);
}

// Issue 10.7: one realm's flood expires no token of another, nor does it hide what another ends.
TEST_F(session_revocations, a_realm_that_floods_gives_way_to_another) {
  for (int i = 0; i < 20'000; ++i) table_->add(ended("s" + std::to_string(i)), now);
  EXPECT_EQ(table_->floor(), now);
  revocation late = ended("late");
  late.at = now + 7;
  table_->add(late, now);

  revocations other = attach("other");
  const auto theirs = [](int i) { return session_mark("other", std::to_string(i)); };
  for (int i = 0; i < 200; ++i) {
    revocation what = ended("");
    what.subject = theirs(i);
    other.add(what, now);
  }
  EXPECT_EQ(other.floor(), 0);
  EXPECT_EQ(other.live(now).size(), 200U);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(other.judge({theirs(i), user_mark("other", "ann"), 1, now}, now), standing::revoked) << i;
  }
  EXPECT_EQ(other.judge({theirs(200), user_mark("other", "ann"), 1, now}, now), standing::valid);
  EXPECT_EQ(table_->floor(), now + 7) << "what gave way may have been the latest";
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_NE(table_->judge(token("s" + std::to_string(i), "ann"), now), standing::valid) << i;
  }
}

// Issue 10.7: two that flood share the table, and neither pushes the other out for ever.
TEST_F(session_revocations, two_realms_that_flood_share_the_table) {
  revocations other = attach("other");
  for (int i = 0; i < 20'000; ++i) table_->add(ended("s" + std::to_string(i)), now);
  for (int i = 0; i < 20'000; ++i) {
    revocation what = ended("");
    what.subject = session_mark("other", std::to_string(i));
    other.add(what, now);
  }
  EXPECT_EQ(other.floor(), now);
  const double mine = static_cast<double>(table_->live(now).size());
  const double all = mine + static_cast<double>(other.live(now).size());
  EXPECT_GT(mine / all, 0.35);
  EXPECT_LT(mine / all, 0.65);
}

// Issue 10.7: at 100 % the first floor rises. What docs/guides/operations.md says of a megabyte is from here.
TEST_F(session_revocations, says_how_full_it_is) {
  page_memory memory(std::size_t{16} * 1024 * 1024);
  ASSERT_TRUE(zone::lay_out(memory.data(), memory.size()).ok());
  const zone large(loop_.core(), memory.data());
  revocations table = *revocations::attach(large, "main");
  EXPECT_EQ(table.percent_full(now), 0U);
  int added = 0;
  while (table.floor() == 0) table.add(ended(std::to_string(added++)), now);
  EXPECT_GT(added, 16 * 15'000) << "a megabyte holds 15,000";
  EXPECT_GE(table.percent_full(now), 90U);
  EXPECT_LE(table.percent_full(now), 110U);
  EXPECT_EQ(table.percent_full(now + 1000), 0U);
  RecordProperty("first_without_room", added);
}

TEST_F(session_revocations, slots_are_used_again_when_they_have_expired) {
  for (int round = 0; round < 30; ++round) {
    const unix_seconds then = now + round * 1000;
    for (int i = 0; i < 500; ++i) {
      table_->add(ended(std::to_string(round) + "/" + std::to_string(i), then + 1000), then);
    }
    ASSERT_EQ(table_->live(then).size(), 500U);
    ASSERT_EQ(table_->judge(token(std::to_string(round) + "/7", "ann"), then), standing::revoked);
  }
  EXPECT_EQ(table_->floor(), 0);
}

TEST_F(session_revocations, all_that_lives_of_the_realm_can_be_read_out) {
  revocations other = attach("other");
  other.add(ended("theirs"), now);
  table_->add(ended("gone", now + 1), now);
  table_->add(changed(revocation::type::user_kill, "ann", 3, "kept"), now);
  const std::vector<revocation> all = table_->live(now + 1);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].kind, revocation::type::user_kill);
  EXPECT_EQ(all[0].subject, user_mark("main", "ann"));
  EXPECT_EQ(all[0].least, 3);
  EXPECT_EQ(all[0].keep, session_mark("main", "kept"));
  EXPECT_EQ(all[0].until, now + 1000);
}

TEST_F(session_revocations, a_realm_finds_its_place_again) {
  revocations other = attach("other");
  EXPECT_NE(&other.state(), &table_->state());
  EXPECT_EQ(&attach("main").state(), &table_->state());
}

// A reload may point a realm at another Redis while old workers still follow the first.
TEST_F(session_revocations, a_realm_has_a_place_for_each_redis_it_is_kept_in) {
  const auto at = [this](const std::string& path, int database) {
    redis::options to;
    to.unix_path = path;
    to.database = database;
    return *revocations::attach(*zone_, "main", to);
  };
  EXPECT_EQ(&at("/one", 0).state(), &at("/one", 0).state());
  EXPECT_NE(&at("/one", 0).state(), &at("/two", 0).state());
  EXPECT_NE(&at("/one", 0).state(), &at("/one", 1).state());
  revocations first = at("/one", 0);
  first.add(ended("s"), now);
  EXPECT_EQ(at("/two", 0).judge(token("s", "ann"), now), standing::revoked) << "what is known holds at both";
}

TEST_F(session_revocations, is_not_synchronised_before_the_feed_has_been_read) {
  EXPECT_FALSE(table_->synchronised());
  table_->state().read_at = steady_millis() - 4000;
  EXPECT_TRUE(table_->synchronised());
  EXPECT_GE(table_->age(), millis{4000});
  EXPECT_LT(table_->age(), millis{5000});
  EXPECT_FALSE(attach("other").synchronised());
}

// A worker killed between any two stores of add() leaves a slot void: free, whatever its body holds.
TEST_F(session_revocations, a_writer_killed_in_the_middle_leaves_a_free_slot) {
  table_->add(ended("another"), now);  // what the place knows of its entries changes here, and no more
  const std::vector<std::byte> before(memory_.data(), memory_.data() + memory_.size());
  table_->add(ended("s"), now);
  std::size_t changed = 0;  // the state word comes first in memory, and last in time
  while (std::memcmp(&before[changed], memory_.data() + changed, 8) == 0) changed += 8;
  std::memset(memory_.data() + changed, 0, 8);
  EXPECT_EQ(table_->judge(token("s", "ann"), now), standing::valid);
  EXPECT_EQ(table_->live(now).size(), 1U);
  table_->add(ended("s"), now);
  EXPECT_EQ(table_->judge(token("s", "ann"), now), standing::revoked);
}

// One writer gives slots away as fast as it can, readers look for what stays and for what never was.
TEST_F(session_revocations, readers_see_whole_entries_while_a_writer_rewrites_slots) {
  for (int i = 0; i < 50; ++i) table_->add(ended("stays" + std::to_string(i), now + 1'000'000), now);
  table_->add(changed(revocation::type::user_expire, "ann", 2), now);

  std::atomic<unix_seconds> clock = now;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<long> looked = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      const holder absent = token("never", "never");
      std::vector<holder> present;
      for (int i = 0; i < 50; ++i) present.push_back(token("stays" + std::to_string(i), "ann", 2));
      while (!stop) {
        const unix_seconds then = clock;
        if (table_->judge(absent, then) != standing::valid) ++wrong;
        for (const holder& each : present) {
          if (table_->judge(each, then) != standing::revoked) ++wrong;
        }
        ++looked;
      }
    });
  }
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 100; ++i) {
      table_->add(ended(std::to_string(round) + "/" + std::to_string(i), clock + 2), clock);
    }
    ++clock;
  }
  while (looked < 100) std::this_thread::yield();
  stop = true;
  for (std::thread& each : readers) each.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(table_->floor(), 0);
}

// One change after another of one user: at no moment is a token let in that both the earlier and the later refuse, nor
// one refused that both let in.
TEST_F(session_revocations, readers_see_the_earlier_or_the_later_change_of_a_user) {
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<long> looked = 0;
  table_->add(changed(revocation::type::user_kill, "ann", 2, "0"), now);
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      const holder old = token("s", "ann", 1);
      const holder fresh = token("0", "ann", 1'000'000'000);
      while (!stop) {
        if (table_->judge(old, now) != standing::revoked) ++wrong;
        if (table_->judge(fresh, now) != standing::valid) ++wrong;
        ++looked;
      }
    });
  }
  for (std::int64_t least = 3; least < 300'000 || looked < 100; ++least) {
    table_->add(changed(revocation::type::user_kill, "ann", least, std::to_string(least % 2)), now);
  }
  stop = true;
  for (std::thread& each : readers) each.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(table_->live(now).size(), 1U);
}

}  // namespace

}  // namespace gatehouse::session

#include "metrics/exposition.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace gatehouse::metrics {

namespace {

struct counted {
  std::string_view value;  // of the family's label; empty where it has none
  counter which;
};

struct family {
  std::string_view name;
  std::string_view help;
  std::string_view label;
  std::vector<counted> members;
};

const std::array families = {
    family{"logins_total",
           "Logins by what came of them.",
           "result",
           {{"succeeded", counter::logins_succeeded}, {"failed", counter::logins_failed}}},
    family{"attempts_refused_total",
           "Attempts refused because a limit was used up.",
           "",
           {{"", counter::attempts_refused}}},
    family{"refreshes_total",
           "Refresh tokens shown, by what came of them; reused: a session ended for theft.",
           "result",
           {{"succeeded", counter::refreshes_succeeded},
            {"refused", counter::refreshes_refused},
            {"reused", counter::refresh_tokens_reused}}},
    family{"tokens_total",
           "Access tokens judged: known to the worker, verified by their signature, or refused.",
           "result",
           {{"cached", counter::tokens_cached},
            {"verified", counter::tokens_verified},
            {"refused", counter::tokens_refused}}},
    family{"mails_total",
           "Mails by what the mail server said.",
           "result",
           {{"accepted", counter::mails_accepted}, {"failed", counter::mails_failed}}},
    family{"flows_total",
           "Requests that the core worked on; refused: there were too many at once.",
           "result",
           {{"begun", counter::flows_begun}, {"refused", counter::flows_refused}}},
    family{"store_failures_total",
           "Calls of a store that failed.",
           "store",
           {{"redis", counter::redis_failures}, {"postgres", counter::postgres_failures}}},
};

struct timed {
  std::string_view value;
  timing which;
};

struct histogram {
  std::string_view name;
  std::string_view help;
  std::string_view label;
  std::vector<timed> members;
};

const std::array histograms = {
    histogram{"store_seconds",
              "From a call of a store to its answer.",
              "store",
              {{"redis", timing::redis}, {"postgres", timing::postgres}}},
    histogram{"password_hash_seconds",
              "From the wish to hash a password to the hash, with the wait for a thread.",
              "",
              {{"", timing::password_hash}}},
};

struct gauge {
  std::string_view name;
  std::string_view help;
  double (*value)(const shown_realm& of);
};

constexpr std::array gauges = {
    gauge{"feed_read", "1: the feed of revocations has been read to its end since nginx started.",
          [](const shown_realm& of) { return of.feed_is_read ? 1.0 : 0.0; }},
    gauge{"feed_age_seconds", "Since the feed of revocations was last read to its end.",
          [](const shown_realm& of) { return of.feed_age; }},
    gauge{"revocations_fill_ratio", "How full the table of revocations is, which all realms share.",
          [](const shown_realm& of) { return of.table_fill; }},
};

std::uint64_t value_at(const shown_realm& of, std::size_t place) {
  return of.sums[place].load(std::memory_order_relaxed);
}

std::string number(double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.9g", value);
  return digits.data();
}

double in_seconds(std::size_t micros) { return static_cast<double>(micros) / 1e6; }

// Realm names and our own labels hold nothing that needs escapes.
class text {
 public:
  void begin(std::string_view name, std::string_view help, std::string_view type) {
    name_ = "gatehouse_" + std::string(name);
    out_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) + "\n";
  }

  void sample(std::string_view suffix, const shown_realm& of, std::string_view label, std::string_view value,
              std::string_view bound, const std::string& figure) {
    out_ += name_ + std::string(suffix) + "{realm=\"" + of.name + '"';
    if (!label.empty()) out_.append(",").append(label).append("=\"").append(value).append("\"");
    if (!bound.empty()) out_.append(",le=\"").append(bound).append("\"");
    out_ += "} " + figure + "\n";
  }

  std::string take() && { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

void write(text& out, const histogram& of, const shown_realm& realm, const timed& each) {
  const std::size_t first = place_of(each.which);
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    so_far += value_at(realm, first + i);
    out.sample("_bucket", realm, of.label, each.value, number(in_seconds(bounds[i])), std::to_string(so_far));
  }
  so_far += value_at(realm, first + bounds.size());
  out.sample("_bucket", realm, of.label, each.value, "+Inf", std::to_string(so_far));
  const std::uint64_t sum = value_at(realm, first + bounds.size() + 1);
  out.sample("_sum", realm, of.label, each.value, "", number(in_seconds(sum)));
  out.sample("_count", realm, of.label, each.value, "", std::to_string(so_far));
}

nlohmann::json summary(const shown_realm& realm, const timed& each) {
  const std::size_t first = place_of(each.which);
  std::uint64_t calls = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) calls += value_at(realm, first + i);
  return {{"count", calls}, {"sum", in_seconds(value_at(realm, first + bounds.size() + 1))}};
}

}  // namespace

std::string prometheus_text(std::span<const shown_realm> realms) {
  text out;
  for (const family& of : families) {
    out.begin(of.name, of.help, "counter");
    for (const shown_realm& realm : realms) {
      for (const counted& each : of.members) {
        out.sample("", realm, of.label, each.value, "", std::to_string(value_at(realm, place_of(each.which))));
      }
    }
  }
  for (const histogram& of : histograms) {
    out.begin(of.name, of.help, "histogram");
    for (const shown_realm& realm : realms) {
      for (const timed& each : of.members) write(out, of, realm, each);
    }
  }
  for (const gauge& of : gauges) {
    out.begin(of.name, of.help, "gauge");
    for (const shown_realm& realm : realms) out.sample("", realm, "", "", "", number(of.value(realm)));
  }
  return std::move(out).take();
}

std::string json_text(std::span<const shown_realm> realms) {
  nlohmann::json all = nlohmann::json::object();
  for (const shown_realm& realm : realms) {
    nlohmann::json& row = all[realm.name];
    for (const family& of : families) {
      for (const counted& each : of.members) {
        nlohmann::json& at = of.label.empty() ? row[of.name] : row[of.name][std::string(each.value)];
        at = value_at(realm, place_of(each.which));
      }
    }
    for (const histogram& of : histograms) {
      for (const timed& each : of.members) {
        nlohmann::json& at = of.label.empty() ? row[of.name] : row[of.name][std::string(each.value)];
        at = summary(realm, each);
      }
    }
    for (const gauge& of : gauges) row[std::string(of.name)] = of.value(realm);
  }
  const nlohmann::json said = {{"realms", std::move(all)}};
  return gatehouse::json_text(said);
}

}  // namespace gatehouse::metrics

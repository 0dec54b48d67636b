#include "password/parameters.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "base/duration.h"

namespace gatehouse::password {

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::size_t gib = 1024 * mib;

error refused(std::string why) { return {fault::invalid, "password " + std::move(why)}; }

struct option {
  std::string_view name;
  status (*set)(settings&, std::string_view value);
};

constexpr std::array<option, 6> options{{
    {"min_length",
     [](settings& to, std::string_view value) -> status {
       const result<std::uint32_t> length = parse_count(value, 8, 64);
       if (!length) return length.failure();
       to.min_length = *length;
       return done{};
     }},
    {"blocklist",
     [](settings& to, std::string_view value) -> status {
       if (value.empty()) return error{fault::invalid, "write the name of a file with one password a line, or off"};
       to.blocklist_file = value == "off" ? std::string_view() : value;
       return done{};
     }},
    {"memory",
     [](settings& to, std::string_view value) -> status {
       const result<std::size_t> memory = parse_size(value);
       if (!memory) return memory.failure();
       to.cost.memory = *memory;
       return done{};
     }},
    {"iterations",
     [](settings& to, std::string_view value) -> status {
       const result<std::uint32_t> iterations = parse_count(value, 1, 1000);
       if (!iterations) return iterations.failure();
       to.cost.iterations = *iterations;
       return done{};
     }},
    {"queue",
     [](settings& to, std::string_view value) -> status {
       const result<std::uint32_t> queue = parse_count(value, 1, 10000);
       if (!queue) return queue.failure();
       to.queue = *queue;
       return done{};
     }},
    {"nice",
     [](settings& to, std::string_view value) -> status {
       const result<std::uint32_t> nice = parse_count(value, 0, 19);
       if (!nice) return nice.failure();
       to.nice = static_cast<int>(*nice);
       return done{};
     }},
}};

// The Password Storage Cheat Sheet's combinations for one lane, equally strong: fewer iterations need more memory.
std::size_t least_memory(std::uint32_t iterations) {
  constexpr std::array<std::size_t, 5> for_iterations{46 * mib, 19 * mib, 12 * mib, 9 * mib, 7 * mib};
  return for_iterations[std::min<std::size_t>(iterations, for_iterations.size()) - 1];
}

status check_cost(const parameters& cost) {
  const std::size_t least = least_memory(cost.iterations);
  const std::string given =
      "memory=" + std::to_string(cost.memory) + " iterations=" + std::to_string(cost.iterations) + ": ";
  if (cost.memory < least) {
    return refused(given + "weaker than the least that OWASP advises; with iterations=" +
                   std::to_string(cost.iterations) + " write memory=" + std::to_string(least / mib) + "m or more");
  }
  if (cost.memory % kib != 0) return refused(given + "the memory must be whole kilobytes, such as 19m or 20000k");
  if (!is_computable(cost)) {
    return refused(given + "too expensive; write memory=1g at most, and no more than 4g for memory × iterations");
  }
  return done{};
}

}  // namespace

bool is_computable(const parameters& cost) noexcept {
  return cost.memory >= 8 * kib && cost.memory <= gib && cost.memory % kib == 0 && cost.iterations >= 1 &&
         cost.iterations <= 4 * gib / cost.memory;
}

result<settings> parse_settings(std::span<const std::string_view> words) {
  settings parsed;
  std::bitset<options.size()> seen;
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto* known = std::find_if(options.begin(), options.end(), [&](const option& o) { return o.name == name; });
    if (known == options.end() || equals == std::string_view::npos) {
      std::string names;
      for (const option& o : options) names += (names.empty() ? "" : ", ") + std::string(o.name) + "=";
      return refused("\"" + std::string(word) + "\": unknown; write one of " + names);
    }
    const auto position = static_cast<std::size_t>(known - options.begin());
    if (seen.test(position)) return refused(std::string(name) + "= is written twice; keep one");
    seen.set(position);

    const status set = known->set(parsed, word.substr(equals + 1));
    if (!set) return refused(std::string(name) + "=: " + set.failure().what);
  }
  const status cost = check_cost(parsed.cost);
  if (!cost) return cost.failure();
  return parsed;
}

}  // namespace gatehouse::password

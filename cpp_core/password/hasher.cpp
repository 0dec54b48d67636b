#include "password/hasher.h"

#include <sys/resource.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/oneshot.h"
#include "password/argon2.h"
#include "password/imported_hash.h"

namespace gatehouse::password {

namespace {

// Everything that the thread needs. Its two callbacks share it, so it lives until the host has called the second.
template <class T>
struct job {
  admission::ticket place;
  typename oneshot<T>::sender answer;
  std::function<result<T>()> work;
  result<T> outcome = error{fault::internal, "a password job threw an exception"};
};

// Linux gives each thread a nice value of its own, and 0 means the calling one. Only ever raised: lowering it back
// takes a privilege, and a worker may run at a high value already (worker_priority).
void raise_nice(int value) {
  thread_local int current = getpriority(PRIO_PROCESS, 0);
  if (current >= value) return;
  setpriority(PRIO_PROCESS, 0, value);
  current = value;
}

result<std::string> make(const secret& password, const parameters& cost) {
  const result<phc_string> hashed = argon2_hash(password, cost);
  if (!hashed) return hashed.failure();
  return format_phc(*hashed);
}

result<verdict> judge_argon2(const secret& password, const std::string& stored, const parameters& cost) {
  const result<phc_string> parts = parse_phc(stored);
  if (!parts) return parts.failure();
  const result<bool> matches = argon2_matches(password, *parts);
  if (!matches) return matches.failure();
  verdict judged;
  judged.matches = *matches;
  judged.outdated = !argon2_is_current(*parts, cost);
  return judged;
}

result<verdict> judge_imported(const secret& password, const std::string& stored) {
  const result<bool> matches = imported_hash_matches(password, stored);
  if (!matches) return matches.failure();
  verdict judged;
  judged.matches = *matches;
  judged.outdated = true;
  return judged;
}

result<verdict> judge(const secret& password, const std::string& stored, const parameters& cost) {
  const bool is_argon2 = stored.starts_with("$argon2");
  result<verdict> judged = is_argon2 ? judge_argon2(password, stored, cost) : judge_imported(password, stored);
  const bool is_unusable = !judged && judged.failure().kind == fault::internal;
  if (is_unusable) {
    verdict nothing_matches;
    nothing_matches.unusable = judged.failure().what;
    judged = std::move(nothing_matches);
  }
  const bool was_cheap = is_unusable || !is_argon2;
  if (judged && !judged->matches && was_cheap) {
    const result<phc_string> spent = argon2_hash(password, cost);
    if (!spent) return spent.failure();
  }
  return judged;
}

}  // namespace

hasher::hasher(host& on, const settings& chosen, admission& queue)
    : host_(on), cost_(chosen.cost), nice_(chosen.nice), queue_(queue), decoy_(format_phc(argon2_decoy(chosen.cost))) {}

template <class T>
task<result<T>> hasher::run(std::function<result<T>()> work) {
  const steady_time begun = steady_now();
  std::optional<admission::ticket> place = queue_.enter();
  if (!place) co_return error{fault::overloaded, "the queue for password hashes is full (password queue=)"};

  oneshot<T> answer(host_.queue());
  auto shared = std::make_shared<job<T>>(job<T>{std::move(*place), answer.take_sender(), std::move(work)});
  auto on_thread = [shared, nice = nice_] {
    raise_nice(nice);
    shared->outcome = shared->work();
  };
  auto on_loop = [shared] { shared->answer(std::move(shared->outcome)); };
  shared.reset();  // the host alone holds the job from here
  if (!host_.submit(pool::hash, std::move(on_thread), std::move(on_loop))) {
    co_return error{fault::overloaded, "the queue of thread_pool gatehouse_hash is full (max_queue=)"};
  }
  result<T> outcome = co_await answer;
  if (counts_ != nullptr) counts_->took(metrics::timing::password_hash, begun);
  co_return outcome;
}

task<result<std::string>> hasher::hash(secret password) {
  if (password.size() > most_bytes) {
    co_return error{fault::invalid, "a password of more than " + std::to_string(most_bytes) + " bytes"};
  }
  std::function<result<std::string>()> work = [password = std::move(password), cost = cost_] {
    return make(password, cost);
  };
  result<std::string> outcome = co_await run(std::move(work));
  co_return outcome;
}

task<result<verdict>> hasher::verify(secret password, std::string stored) {
  if (password.size() > most_bytes) co_return verdict{};
  std::function<result<verdict>()> work = [password = std::move(password), stored = std::move(stored), cost = cost_] {
    return judge(password, stored, cost);
  };
  result<verdict> outcome = co_await run(std::move(work));
  co_return outcome;
}

}  // namespace gatehouse::password

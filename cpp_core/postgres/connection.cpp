#include "postgres/connection.h"

#include <libpq-fe.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace gatehouse::postgres {

namespace {

constexpr int least_server_version = 130000;

// libpq's messages have several lines.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// What the thread works on: nobody else touches it until it is done.
struct connect_job {
  options how;
  link opened;
  std::string failure = "out of memory";

  void run() {
    open(how.parameters);
    if (opened || failure.find("unsupported startup parameter") == failure.npos) return;
    open(how.parameters_for_pgbouncer());
  }

  void open(const parameter_list& parameters) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters) {
      keywords.push_back(keyword.c_str());
      values.push_back(value.c_str());
    }
    std::string password(how.password.reveal());
    if (!password.empty()) {
      keywords.push_back("password");
      values.push_back(password.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    opened.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
    OPENSSL_cleanse(password.data(), password.size());
    if (!opened) return;

    failure.clear();
    if (PQstatus(opened.get()) != CONNECTION_OK) {
      failure = one_line(PQerrorMessage(opened.get()));
    } else if (PQserverVersion(opened.get()) < least_server_version) {
      failure = "PostgreSQL 13 or newer is needed";
    }
    if (!failure.empty()) opened.reset();
  }
};

// Only the message: details hold values of the row.
std::string primary_message(const PGresult* from) {
  const char* text = PQresultErrorField(from, PG_DIAG_MESSAGE_PRIMARY);
  return one_line(text != nullptr ? text : PQresultErrorMessage(from));
}

// A server that is stopping, starting, out of resources or read-only, or a statement that lost against others in time:
// the same call may succeed later.
bool is_temporary(std::string_view sqlstate) {
  for (const std::string_view kind : {"08", "40", "53", "57"}) {
    if (sqlstate.starts_with(kind)) return true;
  }
  return sqlstate == "25006" || sqlstate == "55P03";
}

// The server goes away (57P01 …), or has become a standby after a failover (25006).
bool ends_connection(std::string_view sqlstate) { return sqlstate.starts_with("57P") || sqlstate == "25006"; }

}  // namespace

void link_close::operator()(pg_conn* connection) const { PQfinish(connection); }

bool connect(host& on, const options& how, std::function<void(result<link>)> done) {
  auto job = std::make_shared<connect_job>();
  job->how = how;
  auto work = [job] { job->run(); };
  auto finished = [job, done = std::move(done)] {
    if (job->opened) return done(std::move(job->opened));
    done(error{fault::unavailable, job->how.server + ": " + job->failure});
  };
  return on.submit(gatehouse::pool::io, std::move(work), std::move(finished));
}

connection::connection(host& on, link opened, std::string server, std::function<void()> lost,
                       std::function<void(std::string_view)> heard)
    : host_(on),
      server_(std::move(server)),
      lost_(std::move(lost)),
      heard_(std::move(heard)),
      link_(std::move(opened)),
      watch_(on, PQsocket(link_.get()), [this](bool, bool) { tell_ ? advance() : read_idle(); }) {
  PQsetNoticeReceiver(
      link_.get(),
      [](void* self, const PGresult* notice) {
        const auto* from = static_cast<connection*>(self);
        from->host_.log(severity::notice, from->server_ + ": " + primary_message(notice));
      },
      this);
  usable_ = PQsetnonblocking(link_.get(), 1) == 0 && watch_.want(true, false);
}

void connection::start(const statement& what, answered tell) {
  tell_ = std::move(tell);
  received_.reset();

  std::vector<const char*> values;
  for (const std::optional<std::string>& each : what.parameters) values.push_back(each ? each->c_str() : nullptr);
  const int count = static_cast<int>(values.size());
  usable_ = PQsendQueryParams(link_.get(), what.sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) == 1;
  // Whatever came of it is told from an event, and a socket that cannot be written is one at once.
  if (!watch_.want(true, true)) usable_ = false;
}

// While part of the statement is unsent, the server may wait for us to read before it reads: hence both, in turn.
void connection::advance() {
  PGconn* libpq = link_.get();
  if (!usable_ || PQconsumeInput(libpq) == 0) return break_off();
  const int unsent = PQflush(libpq);
  if (unsent < 0 || !watch_.want(true, unsent > 0)) return break_off();

  while (PQisBusy(libpq) == 0) {
    raw_result next(PQgetResult(libpq));
    if (!next) return finish(judge());
    received_ = std::move(next);
    const ExecStatusType status = PQresultStatus(received_.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return finish(judge());  // it would go on for ever
  }
}

result<answer> connection::judge() {
  switch (PQresultStatus(received_.get())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      return answer(rows(std::move(received_)));
    case PGRES_FATAL_ERROR:
      return judge_failure();
    default:
      usable_ = false;
      return error{fault::internal, server_ + ": an answer that is neither rows nor an error"};
  }
}

result<answer> connection::judge_failure() {
  const char* code = PQresultErrorField(received_.get(), PG_DIAG_SQLSTATE);
  const char* constraint = PQresultErrorField(received_.get(), PG_DIAG_CONSTRAINT_NAME);
  refusal refused;
  refused.sqlstate = code != nullptr ? code : "08006";  // libpq's own errors have none: the connection failed
  refused.constraint = constraint != nullptr ? constraint : "";
  refused.what = server_ + ": " + refused.sqlstate + ": " + primary_message(received_.get());
  if (ends_connection(refused.sqlstate) || PQstatus(link_.get()) != CONNECTION_OK) usable_ = false;
  if (is_temporary(refused.sqlstate)) return error{fault::unavailable, std::move(refused.what)};
  return answer(std::move(refused));
}

// A notification, a notice, a changed setting, or the end.
void connection::read_idle() {
  PGconn* libpq = link_.get();
  if (PQconsumeInput(libpq) == 1 && PQisBusy(libpq) == 0 && PQstatus(libpq) == CONNECTION_OK) return hear();
  usable_ = false;
  const std::function<void()> lost = lost_;
  lost();  // `this` may be gone
}

void connection::hear() {
  while (PGnotify* note = PQnotifies(link_.get())) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> owned(note, PQfreemem);
    heard_(note->extra);
  }
}

void connection::break_off() {
  usable_ = false;
  finish(error{fault::unavailable, server_ + ": " + one_line(PQerrorMessage(link_.get()))});
}

void connection::finish(result<answer> outcome) {
  hear();  // what came along with the answer
  const answered tell = std::exchange(tell_, nullptr);
  tell(std::move(outcome));  // `this` may be gone, or at its next statement
}

}  // namespace gatehouse::postgres

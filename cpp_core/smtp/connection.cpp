#include "smtp/connection.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace gatehouse::smtp {

namespace {

constexpr std::string_view too_early = "an answer before the question";

connection& self_of(void* self) { return *static_cast<connection*>(self); }

// "535 5.7.8" of "535 5.7.8 Bad credentials for …": a server's further words on a log-in might quote what we sent.
std::string codes_of(const std::string& reply) {
  std::size_t end = reply.find(' ');
  if (end == std::string::npos) return reply;
  const std::size_t second = reply.find_first_not_of("0123456789.", end + 1);
  if (second != std::string::npos && reply[second] == ' ' && second > end + 1) end = second;
  return reply.substr(0, end);
}

}  // namespace

connection::connection(host& on, const options& to)
    : host_(on), options_(to), curl_timer_(on), deadline_(on), last_{} {}

connection::~connection() { abort({fault::internal, options_.name() + ": the connection was given up"}); }

task<status> connection::open(steady_time deadline) {
  oneshot<done> opened(host_.queue());
  begin(opened.take_sender(), deadline);
  co_return co_await opened;
}

task<result<reply>> connection::exchange(std::string bytes, steady_time deadline) {
  oneshot<reply> answer(host_.queue());
  send(std::move(bytes), answer.take_sender(), deadline);
  co_return co_await answer;
}

void connection::begin(oneshot<done>::sender to, steady_time deadline) {
  opening_.emplace(std::move(to));
  multi_ = curl_multi_init();
  easy_ = curl_easy_init();
  CURLcode ready = multi_ != nullptr && easy_ != nullptr ? configure() : CURLE_OUT_OF_MEMORY;
  if (ready == CURLE_OK && curl_multi_add_handle(multi_, easy_) != CURLM_OK) ready = CURLE_OUT_OF_MEMORY;
  if (ready != CURLE_OK) return connected(ready);
  arm(deadline, "no connection");
}

CURLcode connection::configure() {
  CURLcode outcome = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (outcome == CURLE_OK) outcome = curl_easy_setopt(easy_, option, value);
  };
  set(CURLOPT_URL, options_.url().c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // without it, giving up waits for the thread that looks the name up

  // Ours comes first, these only must not.
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.timeout.count()) + 1000);
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(options_.timeout.count() / 1000) + 1);

  constexpr long wanted[] = {CURLUSESSL_NONE, CURLUSESSL_TRY, CURLUSESSL_ALL, CURLUSESSL_ALL};  // by encryption
  set(CURLOPT_USE_SSL, wanted[static_cast<int>(options_.tls)]);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // The folder of the system's CAs is enough, and only those certificates are read that are needed.
  if (curl_version_info(CURLVERSION_NOW)->capath != nullptr) set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
  if (!options_.certificates.empty()) {
    curl_blob added{const_cast<char*>(options_.certificates.data()), options_.certificates.size(), CURL_BLOB_NOCOPY};
    set(CURLOPT_CAINFO_BLOB, &added);
  }
  if (!options_.user.empty()) {
    set(CURLOPT_USERNAME, options_.user.c_str());
    set(CURLOPT_PASSWORD, options_.password.reveal().data());  // a secret is NUL-terminated
    set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");       // not GSSAPI, which would wait for a KDC
  }

  set(CURLOPT_ERRORBUFFER, trouble_);
  set(CURLOPT_HEADERFUNCTION, on_line);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_VERBOSE, 1L);
  set(CURLOPT_DEBUGFUNCTION, on_debug);
  set(CURLOPT_DEBUGDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, on_close);
  set(CURLOPT_CLOSESOCKETDATA, this);

  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  return outcome;
}

// A line that the server said while libcurl connected.
std::size_t connection::on_line(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
  connection& on = self_of(self);
  on.reader_.add({bytes, size * count});
  result<std::optional<reply>> next = on.reader_.next();
  if (!next) {
    on.bad_reply_ = next.failure().what;
    return 0;  // libcurl gives up
  }
  if (*next) on.last_ = std::move(**next);
  return size * count;
}

int connection::on_debug(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self) noexcept {
  if (kind == CURLINFO_HEADER_OUT && std::string_view(bytes, size).starts_with("AUTH "))
    self_of(self).logging_in_ = true;
  return 0;
}

int connection::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
  connection& on = self_of(self);
  if (what == CURL_POLL_REMOVE) {
    on.forget(fd);
    return 0;
  }
  auto ready = [&on, fd](bool readable, bool writable) {
    if (fd == on.socket_) return on.progress();
    on.act(fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
  };
  watch& watched = on.watches_.try_emplace(fd, on.host_, fd, ready).first->second;
  return watched.want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0) ? 0 : -1;
}

int connection::on_close(void* self, curl_socket_t fd) noexcept {
  self_of(self).forget(fd);
  return ::close(fd);
}

int connection::on_timer(CURLM*, long milliseconds, void* self) noexcept {
  connection& on = self_of(self);
  if (milliseconds < 0) {
    on.curl_timer_.stop();
  } else {  // in the background, for deadline_ is not
    on.curl_timer_.start(
        millis(milliseconds), [&on] { on.act(CURL_SOCKET_TIMEOUT, 0); }, true);
  }
  return 0;
}

void connection::act(curl_socket_t fd, int events) {
  int running = 0;
  if (curl_multi_socket_action(multi_, fd, events, &running) != CURLM_OK) return connected(CURLE_ABORTED_BY_CALLBACK);
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_, &left);
  if (message != nullptr && message->msg == CURLMSG_DONE) connected(message->data.result);
}

// Connected and logged in, or not.
void connection::connected(CURLcode outcome) {
  deadline_.stop();
  curl_timer_.stop();
  oneshot<done>::sender to = std::move(*opening_);
  opening_.reset();
  if (outcome == CURLE_OK && !options_.user.empty() && !logging_in_) outcome = CURLE_LOGIN_DENIED;
  if (outcome == CURLE_OK && curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket_) == CURLE_OK) {
    watches_.try_emplace(socket_, host_, socket_, [this](bool, bool) { progress(); });
    return to(done{});
  }
  const error why = why_not(outcome);
  release();
  to(why);
}

error connection::why_not(CURLcode outcome) const {
  std::string why;
  if (outcome == CURLE_ABORTED_BY_CALLBACK) {
    why = "this worker is out of connections; raise worker_connections";
  } else if (!bad_reply_.empty()) {
    why = bad_reply_;
  } else if (logging_in_ && last_.code >= 400) {
    why = "the log-in was refused (" + codes_of(last_.text) + "); check user= and password_file=";
  } else if (outcome == CURLE_LOGIN_DENIED) {
    why = "the server offers no log-in with AUTH PLAIN or LOGIN; drop user= and password_file=, or ask its operator";
  } else if (last_.code >= 400) {
    why = last_.text;
  } else {
    why = trouble_[0] != '\0' ? trouble_ : curl_easy_strerror(outcome);
  }
  if (outcome == CURLE_USE_SSL_FAILED) why += "; starttls=required sends no mail without it";
  if (outcome == CURLE_PEER_FAILED_VERIFICATION) {
    why += "; the certificate must be for \"" + options_.host + "\", from a CA of the system or of ca_file=";
  }
  return {fault::unavailable, shown(options_.name() + ": " + why)};
}

void connection::send(std::string bytes, oneshot<reply>::sender to, steady_time deadline) {
  if (socket_ == CURL_SOCKET_BAD) return to(error{fault::unavailable, options_.name() + ": the connection has ended"});
  ended_ = nullptr;
  outgoing_ = std::move(bytes);
  sent_ = 0;
  exchanging_.emplace(std::move(to));
  // It would be taken for the answer to this: a mail for accepted before the server has seen it.
  if (!reader_.is_empty()) return lost(too_early);
  arm(deadline, "no answer");
  progress();
}

void connection::progress() {
  if (ended_) {
    char byte = 0;
    std::size_t size = 0;
    if (curl_easy_recv(easy_, &byte, 1, &size) == CURLE_AGAIN) return;  // TLS itself had something to say
    const std::function<void()> ended = std::exchange(ended_, nullptr);
    release();
    return ended();
  }
  flush();
  receive();
  if (!exchanging_) return;
  if (!watches_.at(socket_).want(true, sent_ < outgoing_.size())) lost("this worker's events failed");
}

void connection::flush() {
  while (sent_ < outgoing_.size()) {
    std::size_t size = 0;
    const CURLcode outcome = curl_easy_send(easy_, outgoing_.data() + sent_, outgoing_.size() - sent_, &size);
    if (outcome == CURLE_AGAIN) return;
    // The server has hung up; receive() finds what it said before, or that it said nothing.
    sent_ = outcome == CURLE_OK ? sent_ + size : outgoing_.size();
  }
}

void connection::receive() {
  for (;;) {
    result<std::optional<reply>> next = reader_.next();
    if (!next) return lost(next.failure().what);
    if (*next) {
      // The end of this conversation, should it come before we have said all.
      if (sent_ < outgoing_.size() && (**next).code < 400) return lost(too_early);
      deadline_.stop();
      oneshot<reply>::sender to = std::move(*exchanging_);
      exchanging_.reset();
      if (sent_ < outgoing_.size()) {
        release();
      } else {
        watches_.at(socket_).want(false, false);
      }
      return to(std::move(**next));
    }
    char bytes[4096];
    std::size_t size = 0;
    const CURLcode outcome = curl_easy_recv(easy_, bytes, sizeof bytes, &size);
    if (outcome == CURLE_AGAIN) return;
    if (outcome != CURLE_OK || size == 0) return lost("the server has hung up");
    reader_.add({bytes, size});
  }
}

void connection::lost(std::string_view why) { abort({fault::unavailable, options_.name() + ": " + std::string(why)}); }

void connection::rest(millis longest, std::function<void()> ended) {
  if (socket_ == CURL_SOCKET_BAD || !watches_.at(socket_).want(true, false)) return ended();
  ended_ = std::move(ended);
  auto over = [this] {
    const std::function<void()> end = std::exchange(ended_, nullptr);
    end();
  };
  deadline_.start(longest, over, true);
}

void connection::abort(const error& why) {
  ended_ = nullptr;
  std::size_t size = 0;
  if (socket_ != CURL_SOCKET_BAD && !exchanging_) curl_easy_send(easy_, "QUIT\r\n", 6, &size);
  release();
  if (opening_) (*opening_)(why);
  if (exchanging_) (*exchanging_)(why);
  opening_.reset();
  exchanging_.reset();
}

void connection::arm(steady_time deadline, std::string_view what) {
  auto expire = [this, what] { lost(std::string(what) + " within the time that timeout= gives"); };
  deadline_.start(std::max(millis{0}, std::chrono::ceil<millis>(deadline - steady_now())), expire);
}

// libcurl is done with this descriptor, but may keep it open: nothing of it may stay in the event loop.
void connection::forget(curl_socket_t fd) {
  const auto watched = watches_.find(fd);
  if (watched == watches_.end()) return;
  watched->second.want(false, false);
  watches_.erase(watched);
}

void connection::release() {
  deadline_.stop();
  // First, for libcurl closes the descriptor of an unfinished connect before it says that it is done with it.
  if (multi_ != nullptr) curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, static_cast<curl_socket_callback>(nullptr));
  while (!watches_.empty()) forget(watches_.begin()->first);
  if (multi_ != nullptr && easy_ != nullptr) curl_multi_remove_handle(multi_, easy_);
  curl_easy_cleanup(std::exchange(easy_, nullptr));
  curl_multi_cleanup(std::exchange(multi_, nullptr));
  curl_timer_.stop();
  socket_ = CURL_SOCKET_BAD;
}

}  // namespace gatehouse::smtp

// One connection to the server, over libcurl's multi socket interface. libcurl connects, asks for TLS and logs in
// (CURLOPT_CONNECT_ONLY); the mail itself we speak over that connection, because libcurl's own SMTP waits inside its
// call, however long, for the server's answer to a mail's contents and to QUIT, and answers a transfer that is broken
// off by ending the mail as if it were complete.
//
// One thing at a time: await what it returned before the next call. It must live until then, whatever happens.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/oneshot.h"
#include "base/task.h"
#include "host/host.h"
#include "smtp/options.h"
#include "smtp/reply.h"

namespace gatehouse::smtp {

class connection {
 public:
  // `to` outlives it.
  connection(host& on, const options& to);
  // An idle connection says QUIT.
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // Ready for the first MAIL, or an error of kind unavailable that says why not. Call it once.
  task<status> open(steady_time deadline);
  // Sends a command, or contents with their last dot, and awaits the reply; an error ends the connection.
  task<result<reply>> exchange(std::string bytes, steady_time deadline);

  // Nothing is under way any more: for so long it may be used again. `ended` is called once, when that time is over or
  // the server has hung up, unless exchange() is called before; it may destroy the connection.
  void rest(millis longest, std::function<void()> ended);
  bool resting() const { return ended_ != nullptr; }

  // Ends it now; what is awaited gets the error.
  void abort(const error& why);

 private:
  static std::size_t on_line(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
  static int on_debug(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self) noexcept;
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept;
  static int on_close(void* self, curl_socket_t fd) noexcept;
  static int on_timer(CURLM*, long milliseconds, void* self) noexcept;

  void begin(oneshot<done>::sender to, steady_time deadline);
  CURLcode configure();
  void act(curl_socket_t fd, int events);
  void connected(CURLcode outcome);
  error why_not(CURLcode outcome) const;

  void send(std::string bytes, oneshot<reply>::sender to, steady_time deadline);
  void progress();
  void flush();
  void receive();
  void lost(std::string_view why);

  void arm(steady_time deadline, std::string_view what);
  void forget(curl_socket_t fd);
  void release();

  host& host_;
  const options& options_;

  CURLM* multi_ = nullptr;
  CURL* easy_ = nullptr;
  char trouble_[CURL_ERROR_SIZE] = "";      // libcurl's words
  std::map<curl_socket_t, watch> watches_;  // of libcurl while it connects, then ours on the one connection
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // once connected
  timer curl_timer_;                        // what libcurl wants to be woken for
  timer deadline_;                          // of what is awaited, or of the rest
  bool logging_in_ = false;                 // libcurl has sent AUTH
  reply_reader reader_;
  reply last_;             // the last reply while connecting
  std::string bad_reply_;  // what was wrong with one
  std::string outgoing_;   // what exchange() sends; stays in place, as OpenSSL wants it
  std::size_t sent_ = 0;
  std::optional<oneshot<done>::sender> opening_;
  std::optional<oneshot<reply>::sender> exchanging_;
  std::function<void()> ended_;  // set: it rests
};

}  // namespace gatehouse::smtp

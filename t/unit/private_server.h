// A server of a test's own: a child process with a folder of its own, as an unprivileged user when the tests run as
// root (PostgreSQL refuses root). It dies with the tests, whatever ends them.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gatehouse {

// A folder under ${TMPDIR:-/tmp} that belongs to the unprivileged user; removed in the destructor.
class private_folder {
 public:
  explicit private_folder(const std::string& name);
  ~private_folder();
  private_folder(const private_folder&) = delete;
  private_folder& operator=(const private_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Writes a file that the unprivileged user owns, mode 0600; gives its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

class private_server {
 public:
  // `end`: the signal that ends it at once and in good order. `ready`: may clients come now?
  private_server(std::vector<std::string> command, std::string log_file, int end, std::function<bool()> ready);
  ~private_server();
  private_server(const private_server&) = delete;
  private_server& operator=(const private_server&) = delete;

  void start();  // returns when it is ready; throws what its log says when it is not within 10 s
  void stop();   // in good order; returns when it is gone
  void kill();   // SIGKILL, as a crash
  void pause();  // SIGSTOP to it and to its children: hung, but connected
  void resume();
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

 private:
  void signal_all(int signal) const;
  void wait_for_end(int first_signal);

  std::vector<std::string> command_;
  std::string log_file_;
  int end_;
  std::function<bool()> ready_;
  pid_t pid_ = 0;
};

// Runs a program as the unprivileged user; throws with its output's file when it fails.
void run_unprivileged(const std::vector<std::string>& command, const std::string& log_file);

// A TCP port of 127.0.0.1 that nobody listens on now.
int free_port();

}  // namespace gatehouse

#include "private_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <thread>

namespace gatehouse {

namespace {

using namespace std::chrono_literals;

constexpr const char* unprivileged_user = "nobody";

void give_to_unprivileged(const std::string& path) {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam(unprivileged_user);
  if (user == nullptr || chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot give " + path + " to " + unprivileged_user);
  }
}

std::string content_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// setpriv becomes the program, so the pid is the server's own, and the kernel ends it when this process dies.
pid_t spawn(const std::vector<std::string>& command, const std::string& log_file, const std::string& death_signal) {
  std::vector<std::string> words{"setpriv", "--pdeathsig", death_signal};
  if (geteuid() == 0) {
    const passwd* user = getpwnam(unprivileged_user);
    if (user == nullptr) throw std::runtime_error(std::string("there is no user ") + unprivileged_user);
    words.insert(words.end(),
                 {"--reuid", std::to_string(user->pw_uid), "--regid", std::to_string(user->pw_gid), "--clear-groups"});
  }
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, "setpriv", &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("cannot run setpriv " + command.front());
  return pid;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  return {std::istream_iterator<pid_t>(in), {}};
}

}  // namespace

private_folder::private_folder(const std::string& name) {
  const char* parent = std::getenv("TMPDIR");
  std::string pattern = std::string(parent != nullptr ? parent : "/tmp") + "/gatehouse-" + name + "-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + pattern);
  path_ = pattern;
  give_to_unprivileged(path_);
}

private_folder::~private_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string private_folder::write(const std::string& name, const std::string& text) const {
  const std::string file = path_ / name;
  std::ofstream(file) << text;
  chmod(file.c_str(), 0600);
  give_to_unprivileged(file);
  return file;
}

private_server::private_server(std::vector<std::string> command, std::string log_file, int end,
                               std::function<bool()> ready)
    : command_(std::move(command)), log_file_(std::move(log_file)), end_(end), ready_(std::move(ready)) {}

private_server::~private_server() {
  if (running()) stop();
}

void private_server::start() {
  pid_ = spawn(command_, log_file_, end_ == SIGINT ? "INT" : "TERM");
  for (int i = 0; i < 1000; ++i) {
    if (ready_()) return;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      break;
    }
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error(command_.front() + " did not start:\n" + content_of(log_file_));
}

void private_server::stop() {
  resume();
  wait_for_end(end_);
}

void private_server::kill() { wait_for_end(SIGKILL); }
void private_server::pause() { signal_all(SIGSTOP); }
void private_server::resume() { signal_all(SIGCONT); }

void private_server::signal_all(int signal) const {
  if (!running()) return;
  ::kill(pid_, signal);
  for (const pid_t child : children_of(pid_)) ::kill(child, signal);
}

void private_server::wait_for_end(int first_signal) {
  if (!running()) return;
  const std::vector<pid_t> children = children_of(pid_);
  ::kill(pid_, first_signal);
  int status = 0;
  for (int i = 0; waitpid(pid_, &status, WNOHANG) == 0; ++i) {
    if (i == 500) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(10ms);
  }
  pid_ = 0;
  // PostgreSQL's children notice the postmaster's death by themselves, but the next start must not meet them.
  for (int i = 0; i < 500; ++i) {
    bool alive = false;
    for (const pid_t child : children) alive = alive || std::filesystem::exists("/proc/" + std::to_string(child));
    if (!alive) return;
    std::this_thread::sleep_for(10ms);
  }
}

void run_unprivileged(const std::vector<std::string>& command, const std::string& log_file) {
  const pid_t pid = spawn(command, log_file, "TERM");
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0) {
    throw std::runtime_error(command.front() + " failed:\n" + content_of(log_file));
  }
}

int free_port() {
  static std::mt19937 random(std::random_device{}());
  // Those above the kernel gives to outgoing connections, and one may come in between.
  std::uniform_int_distribution<int> any(20000, 32767);
  for (int i = 0; i < 1000; ++i) {
    const int port = any(random);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_free = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (fd >= 0) close(fd);
    if (is_free) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace gatehouse

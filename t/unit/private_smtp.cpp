#include "private_smtp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "source_tree.h"

namespace gatehouse {

namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool answers(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<in_port_t>(port));
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

// A copy of the script, which the unprivileged user may read wherever the tree is.
std::vector<std::string> command_line(const private_folder& folder, int port, const std::vector<std::string>& options) {
  const std::string script = content_of(source_tree() / "t/http/smtp_server.py");
  std::vector<std::string> words{"/usr/bin/python3", folder.write("smtp_server.py", script),
                                 "--port",           std::to_string(port),
                                 "--folder",         folder.path() / "mails",
                                 "--behaviour",      folder.path() / "behaviour.json"};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

}  // namespace

private_certificate::private_certificate(const private_folder& folder, const std::string& names)
    : file(folder.path() / "certificate.pem"), key(folder.path() / "key.pem") {
  run_unprivileged(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
       "-subj", "/CN=test", "-addext", "subjectAltName=" + names, "-keyout", key, "-out", file},
      folder.path() / "openssl.log");
}

private_smtp::private_smtp(const std::vector<std::string>& options)
    : folder_("smtp"),
      port_(free_port()),
      server_(command_line(folder_, port_, options), folder_.path() / "log", SIGTERM,
              [this] { return answers(port_); }) {
  server_.start();
}

void private_smtp::behave(const std::string& json) const {
  std::filesystem::rename(folder_.write("behaviour.new", json), folder_.path() / "behaviour.json");
}

std::vector<private_smtp::mail> private_smtp::mails() const {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "mails")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());

  std::vector<mail> all;
  for (std::filesystem::path file : files) {
    const auto about = nlohmann::json::parse(content_of(file));
    mail read;
    read.bytes = content_of(file.replace_extension(".eml"));
    read.from = about["from"];
    read.to = about["to"];
    if (about["user"].is_string()) read.user = about["user"];
    read.tls = about["tls"];
    read.connection = about["connection"];
    all.push_back(std::move(read));
  }
  return all;
}

std::vector<std::string> private_smtp::steps() const {
  std::ifstream log(folder_.path() / "log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

bool private_smtp::has_step(const std::string& part) const {
  const std::vector<std::string> all = steps();
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

}  // namespace gatehouse

#include "private_postgres.h"

#include <libpq-fe.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "source_tree.h"

namespace gatehouse {

namespace {

using connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

// Debian keeps the server's programs out of the PATH, one folder a version: the newest wins.
std::string program(const std::string& name) {
  std::string newest;
  int newest_version = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
    const std::string file = entry.path() / "bin" / name;
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && std::filesystem::exists(file)) {
      newest = file;
      newest_version = version;
    }
  }
  if (newest.empty()) throw std::runtime_error("no " + name + " under /usr/lib/postgresql; try ./build.sh deps");
  return newest;
}

const private_folder& initialised() {
  static const private_folder folder("initdb");
  static const bool once = [] {
    run_unprivileged({program("initdb"), "-D", folder.path() / "data", "-U", "gatehouse", "-A", "trust", "-E", "UTF8",
                      "--no-locale", "--no-sync"},
                     folder.path() / "log");
    return true;
  }();
  static_cast<void>(once);
  return folder;
}

std::vector<std::string> command_line(const private_folder& folder, int port,
                                      const std::vector<std::string>& settings) {
  const std::string data = folder.path() / "data";
  run_unprivileged({"cp", "-a", initialised().path() / "data", data}, folder.path() / "log");
  std::vector<std::string> words{
      program("postgres"), "-D", data,       "-k", folder.path(), "-p", std::to_string(port), "-c",
      "listen_addresses=", "-c", "fsync=off"};
  for (const std::string& setting : settings) words.insert(words.end(), {"-c", setting});
  return words;
}

// PQping is content with a server that wants a password, too.
bool answers(const std::string& conninfo) { return PQping(conninfo.c_str()) == PQPING_OK; }

}  // namespace

private_postgres::private_postgres(const std::vector<std::string>& settings)
    : folder_("postgres"),
      port_(free_port()),
      server_(command_line(folder_, port_, settings), folder_.path() / "log", SIGINT,
              [this] { return answers(conninfo()); }) {
  server_.start();
}

std::string private_postgres::conninfo(const std::string& database) const {
  return "host=" + host() + " port=" + std::to_string(port_) + " user=gatehouse dbname=" + database;
}

std::string private_postgres::execute(const std::string& sql, const std::string& database) const {
  const connection link(PQconnectdb(conninfo(database).c_str()), PQfinish);
  PQsetNoticeProcessor(
      link.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(link.get(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(PQerrorMessage(link.get()));
  }
  return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
}

void private_postgres::migrate(const std::string& database) const {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_tree() / "sql")) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file);
    execute({std::istreambuf_iterator<char>(in), {}}, database);
  }
}

}  // namespace gatehouse

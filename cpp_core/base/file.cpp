#include "base/file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gatehouse {

namespace {

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

error cannot_read(const std::string& path, const std::string& reason) {
  return {fault::invalid, "cannot read \"" + path + "\": " + reason};
}

}  // namespace

result<std::string> read_file(const std::string& path, std::size_t limit) {
  const descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // non-blocking, should it be a FIFO
  if (file.get() < 0) return cannot_read(path, std::strerror(errno));

  struct stat about {};
  if (fstat(file.get(), &about) != 0) return cannot_read(path, std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return cannot_read(path, "it is not a regular file");
  if (static_cast<std::size_t>(about.st_size) > limit) {
    return cannot_read(path, "it is larger than " + std::to_string(limit) + " bytes");
  }

  std::string content(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t n = read(file.get(), content.data() + filled, content.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_read(path, std::strerror(errno));
    if (n == 0) break;  // it shrank meanwhile
    filled += static_cast<std::size_t>(n);
  }
  content.resize(filled);
  return content;
}

result<secret> read_secret_file(const std::string& path) {
  result<std::string> content = read_file(path, 4096);
  if (!content) return content.failure();
  std::string_view line = *content;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);

  const bool one_line = !line.empty() && line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  secret kept{one_line ? line : std::string_view()};
  OPENSSL_cleanse(content->data(), content->size());
  if (!one_line) return cannot_read(path, "it must hold one line, the secret");
  return kept;
}

}  // namespace gatehouse

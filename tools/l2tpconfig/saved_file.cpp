// A temporary file beside the target, synced, then renamed over it.
#include "tools/l2tpconfig/saved_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace openl2tp::cli {
namespace {

tl::unexpected<std::string> failed(const char* what, const std::string& path) {
  return tl::unexpected(std::string(what) + ' ' + path + ": " + std::strerror(errno));
}

bool write_all(int fd, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t now = write(fd, text.data() + written, text.size() - written);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return false;
    written += static_cast<std::size_t>(now);
  }
  return true;
}

} // namespace

tl::expected<void, std::string> save_file(const std::string& path, const std::string& text) {
  // A symbolic link stays one: what it points to is replaced.
  std::string target = path;
  if (char* real = realpath(path.c_str(), nullptr)) {
    target = real;
    std::free(real);
  }
  struct stat status{};
  if (stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    const int fd = open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return failed("Failed to open output file", path);
    const bool written = write_all(fd, text);
    if (close(fd) != 0 || !written) return failed("Failed to write", path);
    return {};
  }
  std::string temporary = target + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC); // makes it with mode 0600
  if (fd < 0) return failed("Failed to open output file", path);
  const bool written = write_all(fd, text) && fsync(fd) == 0;
  const bool closed = close(fd) == 0;
  if (!written || !closed || rename(temporary.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    errno = reason;
    return failed("Failed to write", path);
  }
  return {};
}

tl::expected<std::string, std::string> read_file(const std::string& path, std::size_t size_max) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return failed("Failed to open input file", path);
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int reason = errno;
      close(fd);
      errno = reason;
      return failed("Failed to read", path);
    }
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > size_max) {
      close(fd);
      return tl::unexpected(path + ": longer than " + std::to_string(size_max) + " octets");
    }
  }
  close(fd);
  return text;
}

} // namespace openl2tp::cli

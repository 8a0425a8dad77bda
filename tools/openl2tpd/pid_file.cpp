#include "tools/openl2tpd/pid_file.hpp"
#include "runtime/descriptors.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include <fmt/format.h>

namespace openl2tp::daemon {

namespace {

std::string reason(int error) { return runtime::error_text(error); }

/// The process id that the file holds; 0 when it holds none.
long read_pid(int file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size(), 0);
  long pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid > 0 ? pid : 0;
}

/// True while `path` still names the open `file`: a daemon that ends removes its file before its lock goes.
bool is_still(const std::string& path, int file) {
  struct stat by_name{}, by_file{};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(file, &by_file) == 0 && by_name.st_dev == by_file.st_dev &&
         by_name.st_ino == by_file.st_ino;
}

} // namespace

tl::expected<PidFile, std::string> PidFile::write(std::string path) {
  const auto fail = [&](std::string_view what, int error) {
    return tl::unexpected(fmt::format("pid file {}: {}: {}", path, what, reason(error)));
  };
  constexpr int attempts_max = 8; // each but the last lost a race against a daemon that was just ending
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file) return fail("cannot be opened", errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return fail("cannot be examined", errno);
    if (!S_ISREG(status.st_mode)) return tl::unexpected(fmt::format("pid file {}: is no regular file", path));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail("cannot be locked", errno);
      if (const long pid = read_pid(file.get()); pid != 0)
        return tl::unexpected(fmt::format("pid file {}: openl2tpd is already running as process {}", path, pid));
      return tl::unexpected(fmt::format("pid file {}: openl2tpd is already running", path));
    }
    if (!is_still(path, file.get())) continue;
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      return fail("cannot be written", errno);
    return PidFile(std::move(path), std::move(file));
  }
  return tl::unexpected(fmt::format("pid file {}: keeps being removed by others", path));
}

PidFile::~PidFile() {
  if (!file_) return; // moved from
  // Where the directory has become out of reach the file stays behind, empty and unlocked: stale, which stops nobody.
  if (is_still(path_, file_.get()) && ::unlink(path_.c_str()) != 0) static_cast<void>(!::ftruncate(file_.get(), 0));
}

} // namespace openl2tp::daemon

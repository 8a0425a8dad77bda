#include "runtime/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace openl2tp::runtime {

std::size_t descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > std::numeric_limits<int>::max())
    return std::numeric_limits<int>::max();
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t descriptor_reserve() noexcept { return std::clamp<std::size_t>(descriptor_limit() / 8, 8, 64); }

UniqueFd spare_the_reserve(UniqueFd fd) noexcept {
  if (!fd) return fd;
  if (static_cast<std::size_t>(fd.get()) + descriptor_reserve() < descriptor_limit()) return fd;
  fd.reset();
  errno = EMFILE;
  return {};
}

std::string check_descriptors() {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd next = spare_the_reserve(UniqueFd(null ? ::fcntl(null.get(), F_DUPFD_CLOEXEC, 0) : -1));
  if (next) return {};
  if (errno != EMFILE) return "cannot open /dev/null: " + error_text(errno);
  return "the limit of " + std::to_string(descriptor_limit()) +
         " file descriptors is too low: none is left for tunnels " + "and sessions beside the " +
         std::to_string(descriptor_reserve()) +
         " that are kept for management; raise LimitNOFILE= in the unit, or ulimit -n";
}

std::string error_text(int error) {
  if (error == EMFILE)
    return "no file descriptors left (limit " + std::to_string(descriptor_limit()) + ", " +
           std::to_string(descriptor_reserve()) + " of them kept for management; LimitNOFILE= or ulimit -n)";
  if (error == ENFILE) return "the system has no file descriptors left (sysctl fs.file-max)";
  return std::generic_category().message(error);
}

} // namespace openl2tp::runtime

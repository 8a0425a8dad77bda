#include "tools/openl2tpd/privileges.hpp"

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>

#include <fmt/format.h>

namespace openl2tp::daemon {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

long read_sysctl(const char* path, long otherwise) {
  std::ifstream file(path);
  long value = 0;
  return file >> value ? value : otherwise;
}

bool rings_need_sys_admin() {
  return read_sysctl("/proc/sys/kernel/io_uring_disabled", 0) == 1 &&
         read_sysctl("/proc/sys/kernel/io_uring_group", -1) != static_cast<long>(::getegid());
}

struct CapFree {
  void operator()(cap_t set) const { ::cap_free(set); }
};
using Caps = std::unique_ptr<std::remove_pointer_t<cap_t>, CapFree>;

bool holds(cap_t set, cap_value_t value, cap_flag_t flag) {
  cap_flag_value_t is_set = CAP_CLEAR;
  return ::cap_get_flag(set, value, flag, &is_set) == 0 && is_set == CAP_SET;
}

bool keep(cap_value_t value, bool sys_admin) {
  return value == CAP_NET_ADMIN || value == CAP_NET_BIND_SERVICE || value == CAP_IPC_LOCK ||
         (sys_admin && value == CAP_SYS_ADMIN);
}

std::string limit_text(rlim_t limit) { return limit == RLIM_INFINITY ? "unlimited" : fmt::format("{}", limit); }

} // namespace

tl::expected<std::vector<std::string>, std::string> drop_privileges(Children children) {
  std::vector<std::string> notes;
  const bool sys_admin = rings_need_sys_admin();
  if (sys_admin)
    notes.emplace_back("sysctl kernel.io_uring_disabled is 1: keeping CAP_SYS_ADMIN, which rings need then; "
                       "set kernel.io_uring_group to our group to run without");

  const Caps now(::cap_get_proc());
  if (!now) return tl::unexpected(fmt::format("cannot read capabilities: {}", reason(errno)));
  if (children == Children::confined) {
    if (holds(now.get(), CAP_SETPCAP, CAP_EFFECTIVE)) {
      for (cap_value_t value = 0; ::cap_get_bound(value) >= 0; ++value)
        if (!keep(value, sys_admin) && ::cap_drop_bound(value) != 0)
          return tl::unexpected(
              fmt::format("cannot take capability {} out of the bounding set: {}", value, reason(errno)));
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
      return tl::unexpected(fmt::format("cannot set no_new_privs: {}", reason(errno)));
  }
  // Ambient capabilities would pass to children.
  if (::cap_reset_ambient() != 0 && errno != EINVAL)
    return tl::unexpected(fmt::format("cannot clear ambient capabilities: {}", reason(errno)));

  const Caps wanted(::cap_init());
  if (!wanted) return tl::unexpected(fmt::format("cannot make a capability set: {}", reason(errno)));
  for (const cap_value_t value : {CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, CAP_IPC_LOCK, CAP_SYS_ADMIN}) {
    if (!keep(value, sys_admin) || !holds(now.get(), value, CAP_PERMITTED)) continue;
    if (::cap_set_flag(wanted.get(), CAP_PERMITTED, 1, &value, CAP_SET) != 0 ||
        ::cap_set_flag(wanted.get(), CAP_EFFECTIVE, 1, &value, CAP_SET) != 0)
      return tl::unexpected(fmt::format("cannot make a capability set: {}", reason(errno)));
  }
  if (::cap_set_proc(wanted.get()) != 0)
    return tl::unexpected(fmt::format("cannot drop capabilities: {}", reason(errno)));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return tl::unexpected(fmt::format("cannot forbid core dumps: {}", reason(errno)));
  return notes;
}

std::string raise_limits() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files)); // the note tells what is in force
  }
  static_cast<void>(::getrlimit(RLIMIT_NOFILE, &files));
  rlimit memlock{};
  static_cast<void>(::getrlimit(RLIMIT_MEMLOCK, &memlock));
  return fmt::format("limits: {} open files, {} octets of locked memory", limit_text(files.rlim_cur),
                     limit_text(memlock.rlim_cur));
}

} // namespace openl2tp::daemon

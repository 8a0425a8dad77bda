#include "tools/openl2tpd/privileges.hpp"
#include "runtime/descriptors.hpp"

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>

#include <fmt/format.h>

namespace openl2tp::daemon {

namespace {

std::string reason(int error) { return runtime::error_text(error); }

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

constexpr CapabilityMask bit(cap_value_t value) { return CapabilityMask{1} << value; }

/// Takes everything but `kept` away from this process and what it executes: bounding set, ambient set, permitted set.
/// Of `kept`, what is permitted now stays permitted, and `effective` ones take effect. @return empty, or what failed.
std::string confine(CapabilityMask kept, CapabilityMask effective) {
  const Caps now(::cap_get_proc());
  if (!now) return fmt::format("cannot read capabilities: {}", reason(errno));
  if (holds(now.get(), CAP_SETPCAP, CAP_EFFECTIVE)) {
    for (cap_value_t value = 0; ::cap_get_bound(value) >= 0; ++value)
      if ((kept & bit(value)) == 0 && ::cap_drop_bound(value) != 0)
        return fmt::format("cannot take capability {} out of the bounding set: {}", value, reason(errno));
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fmt::format("cannot set no_new_privs: {}", reason(errno));
  // Ambient capabilities would pass to children.
  if (::cap_reset_ambient() != 0 && errno != EINVAL)
    return fmt::format("cannot clear ambient capabilities: {}", reason(errno));

  const Caps wanted(::cap_init());
  if (!wanted) return fmt::format("cannot make a capability set: {}", reason(errno));
  for (cap_value_t value = 0; value <= CAP_LAST_CAP; ++value) {
    if ((kept & bit(value)) == 0 || !holds(now.get(), value, CAP_PERMITTED)) continue;
    if (::cap_set_flag(wanted.get(), CAP_PERMITTED, 1, &value, CAP_SET) != 0 ||
        ((effective & bit(value)) != 0 && ::cap_set_flag(wanted.get(), CAP_EFFECTIVE, 1, &value, CAP_SET) != 0))
      return fmt::format("cannot make a capability set: {}", reason(errno));
  }
  if (::cap_set_proc(wanted.get()) != 0) return fmt::format("cannot drop capabilities: {}", reason(errno));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fmt::format("cannot forbid core dumps: {}", reason(errno));
  return {};
}

std::string limit_text(rlim_t limit) { return limit == RLIM_INFINITY ? "unlimited" : fmt::format("{}", limit); }

} // namespace

CapabilityMask default_program_capabilities() noexcept { return bit(CAP_NET_ADMIN) | bit(CAP_NET_RAW); }

tl::expected<CapabilityMask, std::string> parse_capabilities(std::string_view text) {
  if (text == "none") return CapabilityMask{0};
  if (text == "all") return ~CapabilityMask{0};
  CapabilityMask mask = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string name(text.substr(0, comma));
    if (!name.starts_with("cap_")) name.insert(0, "cap_");
    cap_value_t value = 0;
    if (::cap_from_name(name.c_str(), &value) != 0 || value < 0 || value > CAP_LAST_CAP)
      return tl::unexpected(fmt::format("{} is no capability: they are named as in capabilities(7), such as net_admin",
                                        std::string(text.substr(0, comma))));
    mask |= bit(value);
    if (comma == std::string_view::npos) return mask;
    text.remove_prefix(comma + 1);
  }
}

tl::expected<std::vector<std::string>, std::string> drop_privileges() {
  std::vector<std::string> notes;
  CapabilityMask kept = bit(CAP_NET_ADMIN) | bit(CAP_NET_BIND_SERVICE) | bit(CAP_IPC_LOCK);
  if (rings_need_sys_admin()) {
    kept |= bit(CAP_SYS_ADMIN);
    notes.emplace_back("sysctl kernel.io_uring_disabled is 1: keeping CAP_SYS_ADMIN, which rings need then; "
                       "set kernel.io_uring_group to our group to run without");
  }
  if (std::string failure = confine(kept, kept); !failure.empty()) return tl::unexpected(std::move(failure));
  const Caps left(::cap_get_proc());
  if (!left || !holds(left.get(), CAP_NET_ADMIN, CAP_EFFECTIVE))
    notes.emplace_back(
        "no CAP_NET_ADMIN: sessions have no interfaces, addresses and routes, and the kernel no tunnels, "
        "so that PPP fails unless its plugin needs none of them; tunnels and calls themselves work");
  return notes;
}

std::string confine_spawner(CapabilityMask programs) {
  // Signals to a program that may have become another user need CAP_KILL.
  const CapabilityMask to_signal = (programs & bit(CAP_SETUID)) != 0 ? bit(CAP_KILL) : 0;
  return confine(programs | to_signal, to_signal);
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

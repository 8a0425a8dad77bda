// What the daemon may do once it runs. Capabilities belong to threads, so they are dropped before the first other
// thread starts: every thread then inherits the small set.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace openl2tp::daemon {

/// Bits by number, CAP_*.
using CapabilityMask = std::uint64_t;

/// What programs that plugins start may do: pppd opens /dev/ppp and sets addresses and routes, its scripts may run
/// iptables and ping.
[[nodiscard]] CapabilityMask default_program_capabilities() noexcept;
/// "net_admin,cap_net_raw", "all", or "none". @error one line.
[[nodiscard]] tl::expected<CapabilityMask, std::string> parse_capabilities(std::string_view text);

/// Keeps CAP_NET_ADMIN (kernel data path, buffer sizes), CAP_NET_BIND_SERVICE (ports below 1024) and CAP_IPC_LOCK
/// (rings and their buffers) as far as they are there, and gives up the rest for good; sets no_new_privs; makes the
/// process undumpable, so that secrets reach no core file. Where sysctl kernel.io_uring_disabled is 1, rings need
/// CAP_SYS_ADMIN unless our group is kernel.io_uring_group: it is kept then, and a note says so. Call it on the only
/// thread. @return notes for the log. @error one line.
[[nodiscard]] tl::expected<std::vector<std::string>, std::string> drop_privileges();

/// The same for the process that starts programs. It can do nothing by itself, as it needs no privileges to start,
/// signal and reap children of its own user; `programs` are what it hands on to those that run as root, as far as they
/// are there. Where those may change their user, CAP_KILL stays in effect and is handed on as well. @return empty, or
/// one line saying what failed.
[[nodiscard]] std::string confine_spawner(CapabilityMask programs);

/// Raises RLIMIT_NOFILE to its hard limit. @return a note for the log: the limits on files and on locked memory in
/// force.
[[nodiscard]] std::string raise_limits();

} // namespace openl2tp::daemon

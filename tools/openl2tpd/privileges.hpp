// What the daemon may do once it runs. Capabilities belong to threads, so they are dropped before the first other
// thread starts: every thread then inherits the small set.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace openl2tp::daemon {

/// A plugin that runs programs which need root's rights (pppd opens /dev/ppp and sets routes) needs the bounding set
/// and the way back to full rights over execve; then only the daemon's own threads are confined. Nothing asks for it so
/// far.
enum class Children { confined, may_regain };

/// Keeps CAP_NET_ADMIN (kernel data path, buffer sizes), CAP_NET_BIND_SERVICE (ports below 1024) and CAP_IPC_LOCK
/// (rings and their buffers) as far as they are there, and gives up the rest for good; sets no_new_privs; makes the
/// process undumpable, so that secrets reach no core file. Where sysctl kernel.io_uring_disabled is 1, rings need
/// CAP_SYS_ADMIN unless our group is kernel.io_uring_group: it is kept then, and a note says so. Call it on the only
/// thread. @return notes for the log. @error one line.
[[nodiscard]] tl::expected<std::vector<std::string>, std::string>
drop_privileges(Children children = Children::confined);

/// Raises RLIMIT_NOFILE to its hard limit. @return a note for the log: the limits on files and on locked memory in
/// force.
[[nodiscard]] std::string raise_limits();

} // namespace openl2tp::daemon

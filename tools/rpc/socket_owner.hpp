// Whose socket is at the other end: the kernel's own word (NETLINK_SOCK_DIAG) about a caller over loopback.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>

#include <tl/expected.hpp>

namespace openl2tp::rpc {

enum class NoOwner : std::uint8_t {
  unavailable, ///< the kernel cannot be asked: no sock_diag, or not for this protocol
  unknown,     ///< no such socket, no process has it any more, or several of different users could have sent
};

/// The user whose process has the socket with the address `peer` that speaks to `local`. Both of one family,
/// IPv4-mapped addresses allowed. `type`: SOCK_STREAM or SOCK_DGRAM. A datagram may come from any socket of its port,
/// so all of them must be of one user. Never waits for anything but the kernel.
[[nodiscard]] tl::expected<uid_t, NoOwner> socket_owner(int type, const sockaddr_storage& peer,
                                                        const sockaddr_storage& local) noexcept;

} // namespace openl2tp::rpc

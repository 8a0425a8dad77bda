// Sockets and options of the PPPoL2TP interface. The netlink half is in kernel_netlink.cpp.
#include "runtime/dataplane/kernel_l2tp.hpp"
#include "runtime/descriptors.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/if_pppox.h>
#include <linux/ppp-ioctl.h>

#include <cerrno>
#include <utility>

#include "runtime/dataplane/kernel_ports.hpp"
#include "runtime/net/socket_address.hpp"

namespace openl2tp::runtime {

namespace {

constexpr int kPppol2tpLevel = 273; // SOL_PPPOL2TP, which no header of the C library names

tl::unexpected<KernelError> failure(KernelOperation operation, const KernelTunnel& tunnel,
                                    protocol::SessionId session = {}) {
  return tl::unexpected(KernelError{operation, errno, tunnel.tunnel.value, session.value});
}

bool set_option(int socket, int level, int option, int value) noexcept {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

bool set_checksum_options(int socket, int family, bool wanted) noexcept {
  const int off = wanted ? 0 : 1;
  if (family != AF_INET6) return set_option(socket, SOL_SOCKET, SO_NO_CHECK, off);
  // RFC 6935 and 6936: zero checksums over IPv6 are sent and taken only where both are said.
  return set_option(socket, IPPROTO_UDP, UDP_NO_CHECK6_TX, off) &&
         set_option(socket, IPPROTO_UDP, UDP_NO_CHECK6_RX, off);
}

bool set_discovery(int socket, int family, bool wanted) noexcept {
  if (family == AF_INET6)
    return set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, wanted ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT);
  return set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, wanted ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
}

/// The kernel tells the address forms apart by their length.
template <class Address>
int connect_pppol2tp(int socket, Address address, const KernelTunnel& tunnel, const KernelSession* session, int udp) {
  address.sa_family = AF_PPPOX;
  address.sa_protocol = PX_PROTO_OL2TP;
  address.pppol2tp.fd = udp;
  address.pppol2tp.s_tunnel = tunnel.tunnel.value;
  address.pppol2tp.d_tunnel = tunnel.peer_tunnel.value;
  address.pppol2tp.s_session = session != nullptr ? session->session.value : std::uint16_t{0};
  address.pppol2tp.d_session = session != nullptr ? session->peer_session.value : std::uint16_t{0};
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

KernelResult<UniqueFd> open_pppol2tp(const KernelTunnel& tunnel, const KernelSession* session, int udp) {
  const KernelOperation operation =
      session != nullptr ? KernelOperation::connect_session : KernelOperation::create_tunnel;
  const protocol::SessionId id = session != nullptr ? session->session : protocol::SessionId{};
  UniqueFd socket = spare_the_reserve(UniqueFd(::socket(AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC, PX_PROTO_OL2TP)));
  if (!socket) return failure(operation, tunnel, id);
  const int connected = tunnel.route.path.peer.address.family == 6
                            ? connect_pppol2tp(socket.get(), sockaddr_pppol2tpin6{}, tunnel, session, udp)
                            : connect_pppol2tp(socket.get(), sockaddr_pppol2tp{}, tunnel, session, udp);
  if (connected != 0) return failure(operation, tunnel, id);
  return socket;
}

} // namespace

protocol::Endpoint bound_to(int socket, const protocol::Endpoint& asked) noexcept {
  SocketAddress address{};
  socklen_t length = sizeof address;
  protocol::Endpoint local;
  if (::getsockname(socket, &address.any, &length) != 0 || !from_socket_address(&address, length, local)) return asked;
  return local;
}

KernelResult<void> KernelL2tp::claim_ports(const KernelTunnel& tunnel, const protocol::Path& path) {
  if (ports_ == nullptr) return {};
  const protocol::TunnelId other = ports_->claim(tunnel.tunnel, path);
  if (!other) return {};
  return tl::unexpected(KernelError{KernelOperation::claim_ports, EADDRINUSE, tunnel.tunnel.value, 0, other.value});
}

void KernelL2tp::release_ports(protocol::TunnelId tunnel) noexcept {
  if (ports_ != nullptr) ports_->release(tunnel);
}

KernelResult<UniqueFd> KernelL2tp::open_udp(const KernelTunnel& tunnel) {
  // Before its socket takes what is another tunnel's, where the local address is known before the kernel has chosen it.
  const bool chosen = tunnel.route.path.local.address.is_unspecified();
  if (!chosen)
    if (auto claimed = claim_ports(tunnel, tunnel.route.path); !claimed) return tl::unexpected(claimed.error());
  auto socket = open_connected_udp(tunnel);
  if (socket && chosen)
    if (auto claimed = claim_ports(tunnel, {bound_to(socket->get(), tunnel.route.path.local), tunnel.route.path.peer});
        !claimed)
      return tl::unexpected(claimed.error());
  if (!socket) release_ports(tunnel.tunnel);
  return socket;
}

KernelResult<UniqueFd> KernelL2tp::open_connected_udp(const KernelTunnel& tunnel) {
  using enum KernelOperation;
  SocketAddress local, peer;
  const socklen_t local_length = to_socket_address(tunnel.route.path.local, local);
  const socklen_t peer_length = to_socket_address(tunnel.route.path.peer, peer);
  if (local_length == 0 || local_length != peer_length)
    return tl::unexpected(KernelError{open_socket, EAFNOSUPPORT, tunnel.tunnel.value, 0});
  const int family = peer.any.sa_family;
  UniqueFd socket = spare_the_reserve(UniqueFd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP)));
  if (!socket) return failure(open_socket, tunnel);
  const bool set = (family != AF_INET6 || set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
                   set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1) &&
                   set_checksum_options(socket.get(), family, tunnel.udp_checksums) &&
                   set_discovery(socket.get(), family, tunnel.pmtu_discovery);
  if (!set) return failure(set_socket_option, tunnel);
  // Nothing between these two: until it is connected it may take what is meant for the shards' sockets.
  if (::bind(socket.get(), &local.any, local_length) != 0) return failure(bind_socket, tunnel);
  if (::connect(socket.get(), &peer.any, peer_length) != 0) return failure(connect_socket, tunnel);
  return socket;
}

KernelResult<UniqueFd> KernelL2tp::connect_tunnel(const KernelTunnel& tunnel, int udp) {
  auto socket = open_pppol2tp(tunnel, nullptr, udp); // session 0 is the tunnel itself
  // Nobody reads it: what a peer sends to session 0 shall not pile up.
  if (socket) (void)set_option(socket->get(), SOL_SOCKET, SO_RCVBUF, 0);
  return socket;
}

KernelResult<UniqueFd> KernelL2tp::connect_session(const KernelTunnel& tunnel, const KernelSession& session, int udp) {
  return open_pppol2tp(tunnel, &session, udp);
}

void KernelL2tp::close(UniqueFd socket) noexcept { socket.reset(); }

KernelResult<void> KernelL2tp::set_role(int socket, const KernelSession& session) noexcept {
  // With netlink the session was created with its role.
  if (!netlink() && !set_option(socket, kPppol2tpLevel, PPPOL2TP_SO_LNSMODE, session.lns ? 1 : 0))
    return tl::unexpected(KernelError{KernelOperation::set_session_option, errno, 0, session.session.value});
  constexpr int everything = PPPOL2TP_MSG_DEBUG | PPPOL2TP_MSG_CONTROL | PPPOL2TP_MSG_SEQ | PPPOL2TP_MSG_DATA;
  if (session.debug) (void)set_option(socket, kPppol2tpLevel, PPPOL2TP_SO_DEBUG, everything);
  return {};
}

KernelResult<void> KernelL2tp::set_sequencing(int socket, const KernelSessionChange& change) noexcept {
  const auto timeout = static_cast<int>(change.reorder_timeout.count());
  if (set_option(socket, kPppol2tpLevel, PPPOL2TP_SO_RECVSEQ, change.receive_sequence ? 1 : 0) &&
      set_option(socket, kPppol2tpLevel, PPPOL2TP_SO_SENDSEQ, change.send_sequence ? 1 : 0) &&
      set_option(socket, kPppol2tpLevel, PPPOL2TP_SO_REORDERTO, timeout)) {
    return {};
  }
  return tl::unexpected(KernelError{KernelOperation::set_session_option, errno, 0, 0});
}

KernelResult<SessionStatistics> KernelL2tp::read_statistics(int management, protocol::SessionId session) noexcept {
  pppol2tp_ioc_stats counted{};
  counted.session_id = session.value;
  if (::ioctl(management, PPPIOCGL2TPSTATS, &counted) != 0)
    return tl::unexpected(KernelError{KernelOperation::read_statistics, errno, 0, session.value});
  return SessionStatistics{.received_packets = counted.rx_packets,
                           .received_octets = counted.rx_bytes,
                           .received_errors = counted.rx_errors,
                           .received_out_of_sequence = counted.rx_oos_packets,
                           .received_out_of_sequence_discards = counted.rx_seq_discards,
                           .sent_packets = counted.tx_packets,
                           .sent_octets = counted.tx_bytes,
                           .sent_errors = counted.tx_errors};
}

KernelResult<void> KernelL2tp::set_checksums(int udp, bool wanted) noexcept {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  if (::getsockname(udp, reinterpret_cast<sockaddr*>(&local), &length) == 0 &&
      set_checksum_options(udp, local.ss_family, wanted)) {
    return {};
  }
  return tl::unexpected(KernelError{KernelOperation::set_socket_option, errno, 0, 0});
}

} // namespace openl2tp::runtime

// An orphaned socket counts as root's for the kernel, but has no inode: without one nothing is believed.
#include "tools/rpc/socket_owner.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

#include "tools/rpc/descriptor.hpp"

namespace openl2tp::rpc {
namespace {

struct Ends {
  std::uint8_t family = 0;
  std::array<__be32, 4> peer{}, local{};
  __be16 peer_port = 0, local_port = 0;
};

bool is_mapped(const in6_addr& address) noexcept { return IN6_IS_ADDR_V4MAPPED(&address); }

/// A socket of IPv4 that a dual socket of ours shows as mapped is looked for as what it is.
std::optional<Ends> ends_of(const sockaddr_storage& peer, const sockaddr_storage& local) noexcept {
  Ends ends;
  if (peer.ss_family != local.ss_family) return std::nullopt;
  if (peer.ss_family == AF_INET) {
    const auto& theirs = reinterpret_cast<const sockaddr_in&>(peer);
    const auto& ours = reinterpret_cast<const sockaddr_in&>(local);
    ends = {AF_INET, {theirs.sin_addr.s_addr}, {ours.sin_addr.s_addr}, theirs.sin_port, ours.sin_port};
    return ends;
  }
  if (peer.ss_family != AF_INET6) return std::nullopt;
  const auto& theirs = reinterpret_cast<const sockaddr_in6&>(peer);
  const auto& ours = reinterpret_cast<const sockaddr_in6&>(local);
  ends.peer_port = theirs.sin6_port;
  ends.local_port = ours.sin6_port;
  const bool mapped = is_mapped(theirs.sin6_addr) && is_mapped(ours.sin6_addr);
  ends.family = mapped ? AF_INET : AF_INET6;
  std::memcpy(ends.peer.data(), &theirs.sin6_addr, sizeof ends.peer);
  std::memcpy(ends.local.data(), &ours.sin6_addr, sizeof ends.local);
  if (mapped) {
    ends.peer = {ends.peer[3]};
    ends.local = {ends.local[3]};
  }
  return ends;
}

struct Question {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

Question question(int protocol, const Ends& ends, bool all_of_port) noexcept {
  Question asked;
  asked.header.nlmsg_len = sizeof asked;
  asked.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  asked.header.nlmsg_flags = static_cast<__u16>(all_of_port ? NLM_F_REQUEST | NLM_F_DUMP : NLM_F_REQUEST);
  asked.body.sdiag_family = ends.family;
  asked.body.sdiag_protocol = static_cast<__u8>(protocol);
  asked.body.idiag_states = ~0U;
  asked.body.id.idiag_cookie[0] = asked.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  inet_diag_sockid& id = asked.body.id;
  if (all_of_port) {
    id.idiag_sport = ends.peer_port;
    return asked;
  }
  // Of a single UDP socket the kernel takes the two ends the other way round.
  const bool swapped = protocol == IPPROTO_UDP;
  id.idiag_sport = swapped ? ends.local_port : ends.peer_port;
  id.idiag_dport = swapped ? ends.peer_port : ends.local_port;
  std::memcpy(id.idiag_src, (swapped ? ends.local : ends.peer).data(), sizeof id.idiag_src);
  std::memcpy(id.idiag_dst, (swapped ? ends.peer : ends.local).data(), sizeof id.idiag_dst);
  return asked;
}

/// What the sockets in the answers say together.
class Verdict {
 public:
  explicit Verdict(__be16 port) : port_(port) {}

  void add(const inet_diag_msg& socket) noexcept {
    if (socket.id.idiag_sport != port_) return; // a socket of ours, or another's
    // Nobody has it: its user cannot be told.
    if (socket.idiag_inode == 0 || (owner_ && *owner_ != socket.idiag_uid)) doubtful_ = true;
    owner_ = socket.idiag_uid;
  }
  [[nodiscard]] tl::expected<uid_t, NoOwner> owner() const noexcept {
    if (!owner_ || doubtful_) return tl::unexpected(NoOwner::unknown);
    return *owner_;
  }

 private:
  __be16 port_;
  std::optional<uid_t> owner_;
  bool doubtful_ = false;
};

/// Adds what the kernel answers to `verdict`. @return what went wrong
std::optional<NoOwner> ask(int netlink, const Question& asked, Verdict& verdict) noexcept {
  if (send(netlink, &asked, sizeof asked, 0) != static_cast<ssize_t>(sizeof asked)) return NoOwner::unavailable;
  const bool dump = (asked.header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  alignas(nlmsghdr) std::array<char, 16384> buffer;
  while (true) {
    const ssize_t got = recv(netlink, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return NoOwner::unavailable;
    auto left = static_cast<unsigned>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return std::nullopt;
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(message));
        // Without the module for a protocol it is ENOENT, too; then the caller's fallback decides.
        return error->error == -ENOENT ? NoOwner::unknown : NoOwner::unavailable;
      }
      if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY && message->nlmsg_len >= NLMSG_LENGTH(sizeof(inet_diag_msg)))
        verdict.add(*static_cast<const inet_diag_msg*>(NLMSG_DATA(message)));
    }
    if (!dump) return std::nullopt;
  }
}

} // namespace

tl::expected<uid_t, NoOwner> socket_owner(int type, const sockaddr_storage& peer,
                                          const sockaddr_storage& local) noexcept {
  const auto ends = ends_of(peer, local);
  if (!ends || ends->peer_port == 0) return tl::unexpected(NoOwner::unavailable);
  const Descriptor netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) return tl::unexpected(NoOwner::unavailable);
  const int protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  Verdict verdict(ends->peer_port);
  if (const auto failed = ask(netlink.get(), question(protocol, *ends, false), verdict)) return tl::unexpected(*failed);
  if (verdict.owner() != uid_t{0} || protocol == IPPROTO_TCP) return verdict.owner();
  // Sockets of different users may share a port, and one of IPv6 may send as one of IPv4 does. The walk over all is
  // spared where it changes nothing.
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    Ends others = *ends;
    others.family = family;
    if (const auto failed = ask(netlink.get(), question(protocol, others, true), verdict);
        failed == NoOwner::unavailable)
      return tl::unexpected(*failed);
  }
  return verdict.owner();
}

} // namespace openl2tp::rpc

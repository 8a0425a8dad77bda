// Where the user's packets of one session go once IPCP or IPV6CP is open: the cut between a session, which speaks PPP,
// and what carries data: TUN devices (tun_path.hpp), or the kernel's own PPP (kernel_path.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openl2tp/types.h>

#include "plugins/ppp_engine/action.hpp"
#include "plugins/ppp_engine/clock.hpp"
#include "plugins/ppp_engine/frame.hpp"
#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp_kernel {

/// What IPCP or IPV6CP agreed on, and what the operator wants.
struct NetworkPlan {
  ppp::Network network = ppp::Network::ipv4;
  ppp::Ipv4 local_address, peer_address;                       // of ipv4; the peer's may be empty
  std::uint64_t local_interface_id = 0, peer_interface_id = 0; // of ipv6: the lower half of fe80::/64's addresses
  std::uint16_t mtu = 1'500, mru = 1'500;
  ppp::Ipv4 endpoint;         // the peer's end of the tunnel; empty: it has none of IPv4
  bool default_route = false; // of a session that dials out
  bool proxy_arp = false;     // answer for the peer's address on the network that it is of; ipv4 alone
  /// The peer's address, held: the path keeps it until the kernel has nothing of the network any more.
  std::shared_ptr<const void> address;
};

/// The session, as its data path sees it. [shard]
class PathUser {
 public:
  /// The network is there, on `interface_name`. Once for each DataPath::up.
  virtual void handle_path_up(ppp::Network network, std::string_view interface_name) = 0;
  /// It cannot be. Instead of the former; that network is down.
  virtual void handle_path_failed(ppp::Network network, const std::string& fault) = 0;
  /// Something is not as it was asked for, and the network comes up all the same: for the log.
  virtual void handle_path_remark(const std::string& remark) = 0;
  /// A packet for the peer. @return what is to stand in front of it; of size 0: it is not to be sent.
  [[nodiscard]] virtual ppp::FrameHeader handle_outgoing(ppp::Network network, std::size_t size) = 0;
  [[nodiscard]] virtual openl2tp_session_token token() const noexcept = 0;

  // Of a path that carries the link (DataPath::carries_link).
  /// Frames of the link go from now on; once.
  virtual void handle_link_ready() = 0;
  /// A frame from the peer, from its protocol field on; views the caller's octets.
  virtual void handle_link_frame(ppp::Octets frame) = 0;
  /// They cannot go, or no longer. Once, and the last of all that is heard.
  virtual void handle_link_lost(const std::string& fault) = 0;

 protected:
  ~PathUser() = default;
};

/// One session's. Its destructor takes everything down. [shard]
class DataPath {
 public:
  virtual ~DataPath() = default;
  /// Brings the plan's network up, anew if it was; may take a while. The user hears of it from outside of this call.
  /// @return empty, or why it cannot be; the user does not hear of that again.
  [[nodiscard]] virtual std::string up(const NetworkPlan& plan) = 0;
  /// Takes one network down; nothing of it is heard afterwards. No matter whether it is up.
  virtual void down(ppp::Network network) = 0;
  /// A packet from the peer. @return false: it was not what this peer may send, or could not be taken.
  [[nodiscard]] virtual bool deliver(ppp::Network network, ppp::Octets packet) = 0;

  /// Whether the link's own frames go by this path, too, once it is ready. Otherwise the daemon carries them.
  [[nodiscard]] virtual bool carries_link() const noexcept { return false; }
  /// A frame of the link, from its protocol field on. One that is not taken is lost, as on any line.
  virtual void send(ppp::Octets) {}
  /// How long no data has flowed; nullopt: the path does not see it.
  [[nodiscard]] virtual std::optional<ppp::Duration> idle() const { return std::nullopt; }
  /// The number of the kernel's PPP interface.
  [[nodiscard]] virtual std::optional<std::uint32_t> unit() const noexcept { return std::nullopt; }
};

} // namespace openl2tp::ppp_kernel

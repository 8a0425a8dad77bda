// Where the user's packets of one session go once IPCP is open: the cut between a session, which speaks PPP, and what
// carries data. TUN devices (tun_path.hpp) today; a data path inside the kernel fits here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <openl2tp/types.h>

#include "plugins/ppp_engine/frame.hpp"
#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp_kernel {

/// What IPCP agreed on, and what the operator wants.
struct NetworkPlan {
  ppp::Ipv4 local_address, peer_address;
  std::uint16_t mtu = 1'500;
  bool default_route = false;
};

/// The session, as its data path sees it. [shard]
class PathUser {
 public:
  /// The network is there, on `interface_name`. Once for each DataPath::up.
  virtual void handle_path_up(std::string_view interface_name) = 0;
  /// It cannot be. Instead of the former.
  virtual void handle_path_failed(const std::string& fault) = 0;
  /// A packet for the peer. @return what is to stand in front of it; of size 0: it is not to be sent.
  [[nodiscard]] virtual ppp::FrameHeader handle_outgoing(std::size_t size) = 0;
  [[nodiscard]] virtual openl2tp_session_token token() const noexcept = 0;

 protected:
  ~PathUser() = default;
};

/// One session's. Its destructor takes everything down. [shard]
class DataPath {
 public:
  virtual ~DataPath() = default;
  /// Brings the network up; may take a while. The user hears of it from outside of this call.
  /// @return empty, or why it cannot be; the user does not hear of that again.
  [[nodiscard]] virtual std::string up(const NetworkPlan& plan) = 0;
  virtual void down() = 0;
  /// A packet from the peer. @return false: it was not what this peer may send, or could not be taken.
  [[nodiscard]] virtual bool deliver(ppp::Octets packet) = 0;
};

} // namespace openl2tp::ppp_kernel

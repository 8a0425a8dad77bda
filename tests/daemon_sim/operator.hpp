// Whoever manages a daemon: calls every procedure of the management API at random, and remembers what must be there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/daemon_sim/daemon.hpp"

namespace openl2tp::daemon_sim {

class Operator {
 public:
  /// `lns`: where tunnels are opened to.
  /// An LNS that keeps no rules: what goes there is not kept in the good time.
  static constexpr protocol::IpAddress raw_lns = protocol::IpAddress::v4(10, 66, 1, 1);

  Operator(Dice& dice, std::vector<protocol::IpAddress> lns) : dice_(dice), lns_(std::move(lns)) {}

  /// One procedure, or two that belong together.
  void act(SimDaemon& daemon);
  /// @return what is not shown as it was made
  [[nodiscard]] std::optional<std::string> find_lost(SimDaemon& daemon);
  /// The daemon was killed: nothing of it is to be there.
  void forget(const SimDaemon& daemon) {
    std::erase_if(kept_, [&](const Kept& one) { return one.daemon == &daemon; });
  }
  /// Removes whatever waits or is retried for ever, so that a run can come to rest.
  void tidy(SimDaemon& daemon);

 private:
  using Control = runtime::Control;
  /// A persistent tunnel to nobody, with a session; nothing but its deletion ends it.
  struct Kept {
    const SimDaemon* daemon;
    std::string tunnel, session;
    std::uint16_t port;
  };
  void create_kept(SimDaemon& daemon);
  void create_tunnel(Control& control);
  void delete_tunnel(Control& control, std::uint16_t tunnel);
  void delete_session(Control& control, const runtime::SessionName& session);
  void create_session(Control& control, std::uint16_t tunnel, unsigned user);
  /// The same user calls again at once, mostly over another tunnel.
  void redial(Control& control);
  void modify(Control& control);
  void look(Control& control);
  [[nodiscard]] std::uint16_t any_tunnel(Control& control);
  [[nodiscard]] std::optional<runtime::SessionName> any_session(Control& control);

  Dice& dice_;
  std::vector<protocol::IpAddress> lns_;
  std::vector<Kept> kept_;
  unsigned next_name_ = 1;
};

} // namespace openl2tp::daemon_sim

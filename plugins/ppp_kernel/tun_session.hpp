// One session's part of the TUN path: which of its networks are up, with which addresses, on which device.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/ppp_kernel/tun_path.hpp"

namespace openl2tp::ppp_kernel {

/// [shard]
class TunSession final : public DataPath {
 public:
  TunSession(TunPaths& paths, PathUser& user, std::string_view interface_name, bool dials_out);
  ~TunSession() override;

  std::string up(const NetworkPlan& plan) override;
  void down(ppp::Network network) override { take_down(network); }
  bool deliver(ppp::Network network, ppp::Octets packet) override;

  // ---- for its device
  [[nodiscard]] PathUser& user() const noexcept { return user_; }
  [[nodiscard]] bool is_up(ppp::Network network) const noexcept { return side(network).stay != nullptr; }
  [[nodiscard]] IpAddress local(ppp::Network network) const noexcept;
  [[nodiscard]] IpAddress peer(ppp::Network network) const noexcept;
  /// The peer's address as it is held; nullptr: by nobody.
  [[nodiscard]] const std::shared_ptr<const void>& held(ppp::Network network) const noexcept {
    return side(network).plan.address;
  }
  /// The largest packet that fits both ways: what TCP is told.
  [[nodiscard]] std::size_t mtu(ppp::Network network) const noexcept;
  /// Callers have one each; of those that dial out, a default route where the operator wants it.
  [[nodiscard]] bool wants_route(ppp::Network network) const noexcept;
  /// Its route needs another one beside, which does not go with the device.
  [[nodiscard]] bool has_default_route(ppp::Network network) const noexcept {
    return dials_out_ && wants_route(network);
  }
  /// Asks the kernel for something. @param last the network is up with it
  void put(ppp::Network network, Request::Kind kind, bool last);

 private:
  /// Present while up; callbacks that come later find it gone.
  struct Stay {
    TunSession* session;
  };
  struct Side {
    NetworkPlan plan;
    std::shared_ptr<Stay> stay;
  };
  [[nodiscard]] Side& side(ppp::Network network) noexcept { return sides_[network == ppp::Network::ipv4 ? 0 : 1]; }
  [[nodiscard]] const Side& side(ppp::Network network) const noexcept {
    return sides_[network == ppp::Network::ipv4 ? 0 : 1];
  }
  /// Has the device to itself.
  [[nodiscard]] bool alone() const noexcept { return dials_out_ || !wanted_name_.empty(); }
  void handle_done(ppp::Network network, const std::string& fault);
  void take_down(ppp::Network network) noexcept;

  TunPaths& paths_;
  PathUser& user_;
  std::string wanted_name_;
  bool dials_out_;
  std::array<Side, 2> sides_;
  std::shared_ptr<TunDevice> device_; // while a side is up
};

} // namespace openl2tp::ppp_kernel

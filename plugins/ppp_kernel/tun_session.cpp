#include "plugins/ppp_kernel/tun_session.hpp"

#include <algorithm>
#include <utility>

#include "plugins/ppp_kernel/tun_device.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::uint32_t shared_mtu = 1'500;
constexpr std::uint16_t ipv6_mtu_min = 1'280; // RFC 8200 section 5

} // namespace

TunSession::TunSession(TunPaths& paths, PathUser& user, std::string_view interface_name, bool dials_out)
    : paths_(paths), user_(user), wanted_name_(interface_name), dials_out_(dials_out) {}

TunSession::~TunSession() {
  take_down(ppp::Network::ipv4);
  take_down(ppp::Network::ipv6);
}

std::string TunSession::up(const NetworkPlan& plan) {
  const ppp::Network network = plan.network;
  take_down(network);
  Side& mine = side(network);
  mine.plan = plan;
  if (local(network).empty()) return "we have no address";
  if (!dials_out_ && peer(network).empty()) return "the peer has no address";
  if (network == ppp::Network::ipv6 && plan.mtu < ipv6_mtu_min)
    return "IPv6 needs packets of 1280 octets, and the link takes " + std::to_string(plan.mtu);
  mine.stay = std::make_shared<Stay>(Stay{this});
  if (device_ == nullptr && !alone()) device_ = paths_.shared_.lock();
  if (device_ == nullptr || !device_->fault().empty()) {
    device_ = std::make_shared<TunDevice>(paths_, wanted_name_.empty() ? "l2tp%d" : wanted_name_,
                                          alone() ? plan.mtu : shared_mtu, alone());
    if (!alone()) paths_.shared_ = device_;
    device_->open();
  }
  std::string fault = device_->add(*this, network);
  if (!fault.empty()) {
    mine.stay.reset(); // it is not on the device
    take_down(network);
  }
  return fault;
}

IpAddress TunSession::local(ppp::Network network) const noexcept {
  const NetworkPlan& plan = side(network).plan;
  return {network, network == ppp::Network::ipv4 ? plan.local_address.value : plan.local_interface_id};
}

IpAddress TunSession::peer(ppp::Network network) const noexcept {
  const NetworkPlan& plan = side(network).plan;
  return {network, network == ppp::Network::ipv4 ? plan.peer_address.value : plan.peer_interface_id};
}

std::size_t TunSession::mtu(ppp::Network network) const noexcept {
  const NetworkPlan& plan = side(network).plan;
  return std::min(plan.mtu, plan.mru);
}

bool TunSession::wants_route(ppp::Network network) const noexcept {
  return !dials_out_ || (network == ppp::Network::ipv4 && side(network).plan.default_route);
}

void TunSession::put(ppp::Network network, Request::Kind kind, bool last) {
  const Side& mine = side(network);
  Request request{.kind = kind, .device = device_->device(), .local = local(network), .peer = peer(network)};
  if (network == ppp::Network::ipv4) request.endpoint = mine.plan.endpoint;
  const bool route = kind == Request::Kind::add_route || kind == Request::Kind::remove_route;
  if (route) {
    request.mtu = mine.plan.mtu;
    if (dials_out_) request.peer.value = 0; // to everywhere
  } else if (!dials_out_) {
    request.peer.value = 0; // callers have routes
  }
  if (kind == Request::Kind::add_route || kind == Request::Kind::add_address)
    request.done = [stay = std::weak_ptr<Stay>(mine.stay), network, last,
                    optional = route && dials_out_](const std::string& fault) {
      const auto present = stay.lock();
      if (present == nullptr) return;
      TunSession& session = *present->session;
      const bool remark = optional && !fault.empty() && session.device_->fault().empty();
      if (remark) session.user_.handle_path_remark(no_default_route(fault));
      if (last || (!fault.empty() && !remark)) session.handle_done(network, remark ? std::string() : fault);
    };
  if (mine.plan.address != nullptr) request.keeps.push_back(mine.plan.address);
  paths_.queue_.put(std::move(request));
}

void TunSession::handle_done(ppp::Network network, const std::string& fault) {
  const auto device = device_; // the user may take us down
  if (device == nullptr) return;
  if (!fault.empty() || !device->fault().empty()) {
    const std::string why = device->fault().empty() ? fault : device->fault();
    take_down(network);
    user_.handle_path_failed(network, why);
  } else {
    user_.handle_path_up(network, device->device()->name);
  }
}

void TunSession::take_down(ppp::Network network) noexcept {
  Side& mine = side(network);
  if (std::exchange(mine.stay, nullptr) != nullptr && device_ != nullptr) device_->remove(*this, network);
  mine.plan.address.reset(); // requests keep it
  if (sides_[0].stay == nullptr && sides_[1].stay == nullptr) device_.reset();
}

bool TunSession::deliver(ppp::Network network, ppp::Octets octets) {
  if (!is_up(network)) return false;
  const auto packet = read_ip(octets);
  if (!packet || (packet->version == 4) != (network == ppp::Network::ipv4)) return false;
  if (!dials_out_) { // a caller sends from its own address
    const IpAddress from = peer(network);
    if (network == ppp::Network::ipv4 && packet->source4() != from.value) return false;
    if (network == ppp::Network::ipv6 &&
        (packet->source6(false) != link_local_prefix || packet->source6(true) != from.value))
      return false;
  }
  return device_->write(*packet, mtu(network));
}

} // namespace openl2tp::ppp_kernel

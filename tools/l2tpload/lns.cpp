#include "tools/l2tpload/lns.hpp"

#include <algorithm>

#include "tools/l2tpload/lac.hpp"

namespace openl2tp::load {
namespace {
constexpr std::uint32_t retention_ms = 16'000;
}

Lns::Lns(Tunnels& tunnels, Meter& meter)
    : tunnels_(tunnels), meter_(meter), keys_(tunnels.size()), next_slot_(tunnels.size()) {
  for (std::uint32_t index = tunnels.size(); index != 0; --index)
    free_.push_back(index - 1);
  tunnels_.set_script(this);
}

void Lns::run(std::uint32_t seconds) {
  meter_.begin("lns", 0, tunnels_.counters());
  while (interruptions == 0 && tunnels_.clock_us() / 1'000'000 < seconds) {
    tunnels_.turn(20);
    release_old();
  }
  meter_.note("tunnels_up", tunnels_up_);
  meter_.note("tunnels_refused", tunnels_refused_);
  meter_.note("tunnels_lost", tunnels_lost_);
  meter_.note("sccrq_again", duplicates_);
  meter_.note("calls_up", calls_up_);
  meter_.note("calls_refused", calls_refused_);
  meter_.end(tunnels_.counters());
}

void Lns::handle_request(const Received& message, const Address& from, std::size_t socket) {
  const std::string key = from.key() + std::to_string(message.assigned_tunnel);
  if (by_peer_.contains(key)) {
    ++duplicates_; // our SCCRP answers it when its timer says so
    return;
  }
  if (free_.empty() || message.assigned_tunnel == 0 || message.challenged) {
    ++tunnels_refused_;
    return;
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  by_peer_.emplace(key, index);
  keys_[index] = key;
  Tunnel& tunnel = tunnels_.tunnel(index);
  tunnel.state = TunnelState::opening;
  tunnel.peer_id = message.assigned_tunnel;
  tunnel.window = std::clamp<std::uint16_t>(message.receive_window, 1, Tunnels::queue_size);
  tunnel.expected = static_cast<std::uint16_t>(message.header.ns + 1);
  tunnel.socket = static_cast<std::uint8_t>(socket);
  tunnels_.set_peer(index, from);
  tunnels_.send(index, MessageType::sccrp);
}

void Lns::handle_message(std::uint32_t index, const Received& message) {
  Tunnel& tunnel = tunnels_.tunnel(index);
  const std::uint32_t slot = message.header.session - 1u;
  const bool known_call = slot < tunnels_.slots();
  if (message.type == MessageType::scccn && tunnel.state == TunnelState::opening) {
    tunnel.state = TunnelState::up;
    ++tunnels_up_;
    meter_.complete();
  } else if (message.type == MessageType::stopccn && tunnel.state != TunnelState::closed) {
    tunnel.state = TunnelState::closed;
    tunnels_.forget_queue(index);
    closed_.push_back({index, tunnels_.clock_us() / 1000});
  } else if (message.type == MessageType::icrq && tunnel.state == TunnelState::up) {
    handle_icrq(index, message);
  } else if (message.type == MessageType::iccn && known_call &&
             tunnels_.call(index, slot).state == CallState::opening) {
    tunnels_.call(index, slot).state = CallState::up;
    ++calls_up_;
  } else if (message.type == MessageType::cdn && known_call) {
    tunnels_.call(index, slot).state = CallState::idle;
  }
}

void Lns::handle_icrq(std::uint32_t index, const Received& message) {
  for (std::uint32_t tries = tunnels_.slots(); tries != 0; --tries) {
    const std::uint32_t slot = next_slot_[index];
    next_slot_[index] = slot + 1 == tunnels_.slots() ? 0 : slot + 1;
    Call& call = tunnels_.call(index, slot);
    if (call.state != CallState::idle) continue;
    call.state = CallState::opening;
    call.peer_id = message.assigned_session;
    tunnels_.send(index, MessageType::icrp, static_cast<std::uint16_t>(slot));
    return;
  }
  ++calls_refused_; // without an answer: the LAC gives it up
}

void Lns::handle_acknowledged(std::uint32_t, MessageType, std::uint16_t) {}

void Lns::handle_silence(std::uint32_t index) {
  ++tunnels_lost_;
  tunnels_.forget_queue(index);
  release(index);
}

void Lns::release_old() {
  while (!closed_.empty() && tunnels_.clock_us() / 1000 - closed_.front().at_ms >= retention_ms) {
    release(closed_.front().index);
    closed_.pop_front();
  }
}

void Lns::release(std::uint32_t index) {
  by_peer_.erase(keys_[index]);
  next_slot_[index] = 0;
  tunnels_.reset(index);
  free_.push_back(index);
}

} // namespace openl2tp::load

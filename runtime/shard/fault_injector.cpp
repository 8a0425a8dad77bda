#include "runtime/shard/fault_injector.hpp"

#include "protocol/wire/header.hpp"

namespace openl2tp::runtime {

namespace {

unsigned percent_of(FaultTrigger trigger) noexcept {
  switch (trigger) {
  case FaultTrigger::low: return 1;
  case FaultTrigger::medium: return 5;
  case FaultTrigger::high: return 20;
  case FaultTrigger::off:
  case FaultTrigger::on:
  case FaultTrigger::once: break;
  }
  return 0;
}

} // namespace

void FaultInjector::set(const FaultSettings& settings) noexcept {
  settings_ = settings;
  const bool triggers = settings.trigger != FaultTrigger::off;
  received_.on = triggers && settings.drop_received;
  sent_.on = triggers && settings.drop_sent;
  received_.in_row = sent_.in_row = 0;
}

bool FaultInjector::drop_received(std::span<const std::byte> datagram) {
  if (datagram.size() < 2 || !protocol::is_control(datagram)) return false;
  const auto message = protocol::decode_control_header(datagram);
  if (!message) return false;
  return drop(received_, message->header.tunnel_id, message->header.session_id == settings_.session_id);
}

bool FaultInjector::drop_sent(std::span<const std::byte> datagram, protocol::TunnelId tunnel,
                              protocol::PeerSessionId session) {
  const auto message = protocol::decode_control_header(datagram);
  if (!message) return false;
  return drop(sent_, tunnel.value, session && message->header.session_id == session.value);
}

bool FaultInjector::drop(Direction& direction, std::uint16_t tunnel, bool of_session) {
  if (settings_.tunnel_id != 0 && tunnel != settings_.tunnel_id) return false;
  if (settings_.session_id != 0 && !of_session) return false;
  if (!fires(direction)) {
    direction.in_row = 0;
    return false;
  }
  ++direction.dropped;
  return true;
}

bool FaultInjector::fires(Direction& direction) {
  switch (settings_.trigger) {
  case FaultTrigger::off: return false;
  case FaultTrigger::on: break;
  case FaultTrigger::once: return !fired_.exchange(true, std::memory_order_relaxed);
  case FaultTrigger::low:
  case FaultTrigger::medium:
  case FaultTrigger::high:
    if (direction.in_row == in_row_max || random_.next_u16() % 100U >= percent_of(settings_.trigger)) return false;
    ++direction.in_row;
    break;
  }
  fired_.store(true, std::memory_order_relaxed);
  return true;
}

} // namespace openl2tp::runtime

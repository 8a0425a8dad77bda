#include "tools/l2tpload/tunnels.hpp"

#include <algorithm>

#include "tools/l2tpload/watch.hpp"

namespace openl2tp::load {
namespace {

constexpr std::array<std::uint32_t, 4> retransmit_ms = {1000, 2000, 4000, 8000}; // §5.8: exponential, capped at 8 s

/// a - b on the circle of sequence numbers.
constexpr std::uint16_t distance(std::uint16_t a, std::uint16_t b) noexcept {
  return static_cast<std::uint16_t>(a - b);
}

} // namespace

Tunnels::Tunnels(const TunnelsOptions& options, Transport& transport, const Templates& templates)
    : transport_(transport), templates_(templates), calls_a_tunnel_(options.calls), retries_(options.retries),
      tunnels_(options.tunnels), queues_(options.tunnels),
      calls_(static_cast<std::size_t>(options.tunnels) * options.calls), peers_(1), origin_us_(now_us()) {
  timers_.fill({none, none});
  owing_.reserve(options.tunnels);
  for (std::uint32_t i = 0; i < options.tunnels; ++i)
    tunnels_[i].socket = static_cast<std::uint8_t>(i % transport.sockets());
}

void Tunnels::set_peer(std::uint32_t tunnel, const Address& peer) {
  peers_.resize(tunnels_.size());
  peers_[tunnel] = peer;
}

std::uint16_t Tunnels::outstanding(std::uint32_t index) const noexcept {
  return distance(tunnels_[index].queued, tunnels_[index].acknowledged);
}

std::uint16_t Tunnels::room(std::uint32_t index) const noexcept {
  return static_cast<std::uint16_t>(queue_size - outstanding(index));
}

bool Tunnels::send(std::uint32_t index, MessageType type, std::uint16_t slot) {
  if (room(index) == 0) return false;
  Tunnel& tunnel = tunnels_[index];
  queues_[index][tunnel.queued % queue_size] = {type, slot};
  ++tunnel.queued;
  ++outstanding_;
  pump(index);
  return true;
}

void Tunnels::forget_queue(std::uint32_t index) noexcept {
  Tunnel& tunnel = tunnels_[index];
  outstanding_ -= outstanding(index);
  stop_timer(index);
  // What was not sent keeps no number; what was sent counts as acknowledged.
  tunnel.acknowledged = tunnel.queued = tunnel.sent;
  tunnel.timeouts = 0;
}

void Tunnels::reset(std::uint32_t index) noexcept {
  forget_queue(index);
  Tunnel fresh;
  fresh.socket = tunnels_[index].socket;
  fresh.on_owing_list = tunnels_[index].on_owing_list;
  tunnels_[index] = fresh;
  for (std::uint32_t slot = 0; slot < calls_a_tunnel_; ++slot)
    call(index, slot) = {};
}

void Tunnels::read_clock() noexcept {
  const std::uint64_t elapsed = now_us() - origin_us_;
  clock_us_ = static_cast<std::uint32_t>(elapsed);
  clock_ms_ = static_cast<std::uint32_t>(elapsed / 1000);
}

void Tunnels::turn(int timeout_ms) {
  transport_.flush();
  bool idle = true;
  for (std::size_t socket = 0; socket < transport_.sockets(); ++socket) {
    const auto datagrams = transport_.receive(socket);
    if (datagrams.empty()) continue;
    idle = false;
    read_clock();
    for (const auto& datagram : datagrams)
      handle(datagram, socket);
  }
  expire_timers();
  acknowledge_all();
  transport_.flush();
  if (idle && timeout_ms > 0) transport_.wait(timeout_ms);
  read_clock();
}

void Tunnels::handle(const Transport::Datagram& datagram, std::size_t socket) {
  ++counters_.received;
  const auto message = decode(datagram.octets);
  if (!message) {
    ++counters_.malformed;
    return;
  }
  const Header& header = message->header;
  if (header.tunnel == 0 && message->type == MessageType::sccrq) {
    script_->handle_request(*message, *datagram.from, socket);
    return;
  }
  const std::uint32_t index = header.tunnel - 1u;
  if (header.tunnel == 0 || index >= tunnels_.size() || tunnels_[index].state == TunnelState::idle) {
    ++counters_.strangers;
    return;
  }
  Tunnel& tunnel = tunnels_[index];
  handle_nr(index, header.nr);
  if (message->type == MessageType::zlb) return;

  const std::uint16_t ahead = distance(header.ns, tunnel.expected);
  if (ahead == 0) {
    ++tunnel.expected;
    owe(index);
    script_->handle_message(index, *message);
  } else if (ahead >= 0x8000) {
    ++counters_.duplicates;
    owe(index);
  } else {
    ++counters_.out_of_order;
  }
}

void Tunnels::handle_nr(std::uint32_t index, std::uint16_t nr) {
  Tunnel& tunnel = tunnels_[index];
  const std::uint16_t count = distance(nr, tunnel.acknowledged);
  if (count == 0 || count > distance(tunnel.sent, tunnel.acknowledged)) return;
  stop_timer(index);
  tunnel.timeouts = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    const Entry entry = queues_[index][tunnel.acknowledged % queue_size];
    ++tunnel.acknowledged;
    --outstanding_;
    script_->handle_acknowledged(index, entry.type, entry.slot);
    if (tunnel.acknowledged == tunnel.sent) break; // the script forgot the queue
  }
  if (tunnel.acknowledged != tunnel.sent && !tunnel.timer_runs) start_timer(index);
  pump(index);
}

void Tunnels::pump(std::uint32_t index) {
  Tunnel& tunnel = tunnels_[index];
  while (tunnel.sent != tunnel.queued && distance(tunnel.sent, tunnel.acknowledged) < tunnel.window) {
    transmit(index, tunnel.sent++);
    if (!tunnel.timer_runs) start_timer(index);
  }
}

void Tunnels::transmit(std::uint32_t index, std::uint16_t ns) {
  const Entry entry = queues_[index][ns % queue_size];
  transmit(index, entry.type, entry.slot, ns);
}

void Tunnels::transmit(std::uint32_t index, MessageType type, std::uint16_t slot, std::uint16_t ns) {
  Tunnel& tunnel = tunnels_[index];
  const bool of_a_call = protocol::is_session_message(type);
  const std::uint16_t assigned = static_cast<std::uint16_t>(of_a_call ? slot + 1u : index + 1u);
  // An ICRQ names no session of the peer, whatever the slot's last call was.
  const bool names_session = of_a_call && type != MessageType::icrq;
  const Header header{tunnel.peer_id, names_session ? call(index, slot).peer_id : std::uint16_t{0}, ns,
                      tunnel.expected};
  const auto serial = index * calls_a_tunnel_ + slot;
  const auto room = transport_.next(tunnel.socket, peers_.size() == 1 ? peers_[0] : peers_[index]);
  transport_.commit(tunnel.socket, templates_.encode(type, header, assigned, serial, room));
  tunnel.owes_acknowledgement = false;
  ++counters_.sent;
}

void Tunnels::owe(std::uint32_t index) {
  Tunnel& tunnel = tunnels_[index];
  tunnel.owes_acknowledgement = true;
  if (tunnel.on_owing_list) return;
  tunnel.on_owing_list = true;
  owing_.push_back(index);
}

void Tunnels::acknowledge_all() {
  for (const std::uint32_t index : owing_) {
    Tunnel& tunnel = tunnels_[index];
    tunnel.on_owing_list = false;
    if (tunnel.owes_acknowledgement) transmit(index, MessageType::zlb, 0, tunnel.sent);
  }
  owing_.clear();
}

std::size_t Tunnels::level(const Tunnel& tunnel) noexcept {
  return std::min<std::size_t>(tunnel.timeouts, retransmit_ms.size() - 1);
}

void Tunnels::start_timer(std::uint32_t index) noexcept {
  Tunnel& tunnel = tunnels_[index];
  TimerList& list = timers_[level(tunnel)];
  tunnel.timer_runs = true;
  tunnel.deadline_ms = clock_ms_ + retransmit_ms[level(tunnel)];
  tunnel.earlier = list.last;
  tunnel.later = none;
  (list.last == none ? list.first : tunnels_[list.last].later) = index;
  list.last = index;
}

void Tunnels::stop_timer(std::uint32_t index) noexcept {
  Tunnel& tunnel = tunnels_[index];
  if (!tunnel.timer_runs) return;
  TimerList& list = timers_[level(tunnel)];
  tunnel.timer_runs = false;
  (tunnel.earlier == none ? list.first : tunnels_[tunnel.earlier].later) = tunnel.later;
  (tunnel.later == none ? list.last : tunnels_[tunnel.later].earlier) = tunnel.earlier;
}

void Tunnels::expire_timers() {
  for (const TimerList& list : timers_) {
    while (list.first != none && tunnels_[list.first].deadline_ms <= clock_ms_) {
      const std::uint32_t index = list.first;
      Tunnel& tunnel = tunnels_[index];
      stop_timer(index);
      if (tunnel.timeouts == retries_) {
        script_->handle_silence(index);
        forget_queue(index);
        continue;
      }
      ++tunnel.timeouts;
      start_timer(index);
      for (std::uint16_t ns = tunnel.acknowledged; ns != tunnel.sent; ++ns) {
        transmit(index, ns);
        ++counters_.retransmitted;
      }
    }
  }
}

} // namespace openl2tp::load

// Datagrams of the sessions' data, and what is counted of them; and whether a tunnel's peer is dead, for whoever needs
// its ports.
#include "protocol/wire/header.hpp"
#include "runtime/loop/sleep.hpp"
#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

Task<bool> Shard::peer_is_gone(protocol::TunnelId tunnel) {
  const auto verdict = std::make_shared<std::atomic<Life>>(Life::unknown);
  Shard* const owner = options_.group->shards[tunnel.value % options_.count].get();
  if (!owner->post([owner, tunnel, verdict] { owner->probe_tunnel(tunnel, verdict); })) {
    ++engine_->counters().event_queue_full;
    co_return false;
  }
  const protocol::TimePoint deadline =
      loop_->now() + probe_patience + PppSetUp::release_patience; // the owner may have ended
  bool waiting = true;
  while (waiting && *verdict == Life::unknown && loop_->now() < deadline)
    waiting = co_await sleep_for(probe_look);
  co_return *verdict == Life::gone;
}

// ---- frames and datagrams

bool Shard::send_frame(const SessionKey& key, std::span<const std::byte> frame, bool priority) {
  return frames_path_->send(key.tunnel, key.session, frame, priority ? OPENL2TP_FRAME_PRIORITY : 0U) == FrameSent::yes;
}

// What an endpoint received, and what a tunnel's socket of the kernel path left to us.
void Shard::take_datagram(std::span<const std::byte> octets, const protocol::Route& route, bool truncated) {
  if (faults_.drops_received() && lose_received(octets)) [[unlikely]]
    return;
  if (protocol::is_control(octets)) {
    unpumped_ = true;
  } else {
    if (frames_path_->on_datagram(octets, route.path, truncated)) return;
    // The message that brought its session up may have come in the same batch: then the session opens now.
    if (unpumped_) {
      pump();
      if (frames_path_->on_datagram(octets, route.path, truncated)) return;
    }
  }
  engine_->handle_datagram(octets, route, loop_->now());
}

void Shard::on_tunnel_datagram(std::span<const std::byte> octets, const protocol::Route& route) noexcept {
  take_datagram(octets, route, false);
}

void Shard::on_tunnel_datagrams_end() noexcept {
  frames_path_->flush();
  pump();
}

// ---- statistics

void Shard::add_data_statistics(protocol::TunnelId tunnel, TunnelStatistics& statistics) const {
  if (kernel_path_) kernel_path_->add_statistics(tunnel, statistics);
  if (const auto frames = frames_path_->tunnel_statistics(tunnel)) {
    statistics.data_received_packets += frames->frames.received_packets;
    statistics.data_received_octets += frames->frames.received_octets;
    statistics.data_received_errors += frames->frames.received_errors;
    statistics.data_received_out_of_sequence += frames->frames.received_out_of_sequence;
    statistics.data_received_out_of_sequence_discards += frames->frames.received_out_of_sequence_discards;
    statistics.data_sent_packets += frames->frames.sent_packets;
    statistics.data_sent_octets += frames->frames.sent_octets;
    statistics.data_sent_errors += frames->frames.sent_errors;
  }
}

SessionStatistics Shard::data_statistics(protocol::TunnelId tunnel, protocol::SessionId session) const {
  if (kernel_path_)
    if (const auto counted = kernel_path_->statistics(tunnel, session)) return *counted;
  const auto frames = frames_path_->session_statistics(tunnel, session);
  SessionStatistics statistics = frames.value_or(SessionStatistics{});
  const auto counted = plugins_->stats(tunnel, session);
  if (!counted || (counted->given & OPENL2TP_PPP_COUNTED_PACKETS) == 0) return statistics;
  if (!frames) { // where the daemon sees no packets, the plugin may
    statistics.received_packets = counted->received_packets;
    statistics.received_octets = counted->received_octets;
    statistics.sent_packets = counted->sent_packets;
    statistics.sent_octets = counted->sent_octets;
  }
  // What a plugin could not use or pass on came, or would have gone, over the path in good order.
  statistics.received_errors += counted->received_errors;
  statistics.sent_errors += counted->sent_errors;
  return statistics;
}

} // namespace openl2tp::runtime

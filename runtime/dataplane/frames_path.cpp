// Frames are gathered while a receive batch is taken apart and handed on in one call. What a receiver is given points
// into receive buffers and into kept nodes; both stay until flush() has returned.
#include "runtime/dataplane/frames_path.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

using protocol::DataArrival;
using protocol::MessageNode;
using protocol::Octets;

FramesPath::Session::Session(FramesPath& owner, TunnelEntry& its_tunnel, const OpenFrames& facts, std::uint8_t receiver)
    : path(owner), tunnel(its_tunnel), ppp(facts.ppp), channel(facts.sequencing), peer(facts.peer_session),
      batch(receiver) {}

FramesPath::FramesPath(Loop& loop, const FramesLimits& limits)
    : loop_(loop), limits_(limits),
      pool_({.octets_max = limits.early_octets, .idle_octets_max = std::size_t{1} << 20}) {}

FramesPath::~FramesPath() {
  OPENL2TP_ASSERT(delivered_ == nullptr);
  for (auto session = sessions_.begin(); session != sessions_.end();)
    session = close(session);
}

bool FramesPath::open(const OpenFrames& facts) {
  const std::uint32_t key = key_of(facts.tunnel.value, facts.session.value);
  if (sessions_.contains(key)) return false;
  const auto batch = batch_for(facts.receiver);
  if (!batch) return false;
  TunnelEntry& tunnel = tunnels_[facts.tunnel.value];
  tunnel.endpoint = facts.endpoint;
  tunnel.path = facts.path;
  tunnel.peer = facts.peer_tunnel;
  ++tunnel.open;
  sessions_.try_emplace(key, *this, tunnel, facts, *batch);
  return true;
}

std::optional<std::uint8_t> FramesPath::batch_for(const FramesReceiver& receiver) {
  for (std::size_t i = 0; i < batches_.size(); ++i)
    if (batches_[i]->receiver == receiver) return static_cast<std::uint8_t>(i);
  if (batches_.size() >= std::min<std::size_t>(limits_.receivers, 255)) return std::nullopt;
  batches_.push_back(std::make_unique<Batch>(Batch{.receiver = receiver, .frames = {}, .owners = {}}));
  return static_cast<std::uint8_t>(batches_.size() - 1);
}

void FramesPath::set_ppp(protocol::TunnelId tunnel, protocol::SessionId session, openl2tp_ppp* ppp) noexcept {
  if (Session* found = find(key_of(tunnel.value, session.value))) found->ppp = ppp;
}

void FramesPath::modify(protocol::TunnelId tunnel, protocol::SessionId session,
                        const protocol::DataSettings& sequencing) noexcept {
  Session* const found = find(key_of(tunnel.value, session.value));
  if (found == nullptr) return;
  found->channel.modify(sequencing, loop_.now());
  set_timer(*found);
}

std::optional<SessionStatistics> FramesPath::close(protocol::TunnelId tunnel, protocol::SessionId session) noexcept {
  const auto found = sessions_.find(key_of(tunnel.value, session.value));
  if (found == sessions_.end()) return std::nullopt;
  const SessionStatistics statistics = found->second.statistics;
  close(found);
  return statistics;
}

FramesPath::Sessions::iterator FramesPath::close(Sessions::iterator position) noexcept {
  Session& session = position->second;
  drop_gathered(session);
  session.channel.clear(pool_);
  loop_.cancel(session);
  --session.tunnel.open;
  latest_ = nullptr;
  return sessions_.erase(position);
}

void FramesPath::forget_tunnel(protocol::TunnelId tunnel) noexcept {
  const auto found = tunnels_.find(tunnel.value);
  if (found == tunnels_.end()) return;
  // The engine ends the sessions of a tunnel before the tunnel, so there are usually none.
  for (auto session = sessions_.begin(); found->second.open != 0 && session != sessions_.end();)
    session = &session->second.tunnel == &found->second ? close(session) : std::next(session);
  tunnels_.erase(found);
}

FramesPath::Session* FramesPath::find(std::uint32_t key) noexcept {
  if (latest_ != nullptr && latest_key_ == key) return latest_;
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return nullptr;
  latest_ = &found->second;
  latest_key_ = key;
  return latest_;
}

bool FramesPath::on_datagram(Octets octets, const protocol::Path& path, bool truncated) noexcept {
  if (sessions_.empty()) return false;
  const auto header = protocol::decode_data_header(octets);
  if (!header) return false;
  Session* const session = find(key_of(header->tunnel_id, header->session_id));
  if (session == nullptr) return false;
  TunnelEntry& tunnel = session->tunnel;
  if (path.peer != tunnel.path.peer) {
    ++counters_.foreign;
    return true;
  }
  tunnel.statistics.received_at = loop_.now();
  if (truncated || header->payload.empty() || header->payload.size() > frame_octets_max) {
    if (truncated) ++counters_.truncated;
    ++session->statistics.received_errors;
    ++tunnel.statistics.frames.received_errors;
    return true;
  }

  const protocol::DataCounters& counted = session->channel.counters();
  const std::uint32_t out_of_sequence = counted.out_of_sequence, discards = counted.discards();
  const DataArrival arrival = session->channel.receive(*header, loop_.now(), pool_);
  if (counted.out_of_sequence != out_of_sequence || counted.discards() != discards) {
    const std::uint32_t more = counted.out_of_sequence - out_of_sequence, dropped = counted.discards() - discards;
    session->statistics.received_out_of_sequence += more;
    session->statistics.received_out_of_sequence_discards += dropped;
    tunnel.statistics.frames.received_out_of_sequence += more;
    tunnel.statistics.frames.received_out_of_sequence_discards += dropped;
  }
  gather_kept(*session, arrival.before);
  if (arrival.deliver) gather(*session, header->payload);
  gather_kept(*session, arrival.after);
  if (session->armed() || session->channel.waiting()) set_timer(*session);
  if (gathered_ >= batch_max) flush();
  return true;
}

void FramesPath::gather(Session& session, Octets frame) noexcept {
  Batch& batch = *batches_[session.batch];
  batch.frames.push_back({.ppp = session.ppp,
                          .octets = reinterpret_cast<const std::uint8_t*>(frame.data()),
                          .length = static_cast<std::uint32_t>(frame.size()),
                          .flags = 0});
  batch.owners.push_back(&session);
  session.round = round_;
  ++gathered_;
  SessionStatistics& total = session.tunnel.statistics.frames;
  ++session.statistics.received_packets;
  session.statistics.received_octets += frame.size();
  ++total.received_packets;
  total.received_octets += frame.size();
}

void FramesPath::gather_kept(Session& session, MessageNode* nodes) noexcept {
  while (nodes != nullptr) {
    MessageNode* const next = nodes->next;
    gather(session, protocol::kept_payload(*nodes));
    nodes->next = delivered_;
    delivered_ = nodes;
    nodes = next;
  }
}

void FramesPath::flush() noexcept {
  if (gathered_ == 0 || flushing_) return;
  flushing_ = true;
  for (std::size_t i = 0; i < batches_.size(); ++i) { // a receiver may open a session of another
    Batch& batch = *batches_[i];
    if (batch.frames.empty()) continue;
    delivering_.swap(batch.frames);
    batch.owners.clear();
    batch.receiver.deliver(batch.receiver.self, delivering_);
    delivering_.clear();
  }
  while (delivered_ != nullptr) {
    MessageNode* const node = delivered_;
    delivered_ = node->next;
    pool_.release(node);
  }
  gathered_ = 0;
  ++round_;
  flushing_ = false;
}

// What is being delivered is the receiver's already; only frames that wait for their receiver's turn go.
void FramesPath::drop_gathered(const Session& session) noexcept {
  if (session.round != round_) return;
  Batch& batch = *batches_[session.batch];
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch.owners.size(); ++i) {
    if (batch.owners[i] == &session) continue;
    batch.owners[kept] = batch.owners[i];
    batch.frames[kept] = batch.frames[i];
    ++kept;
  }
  batch.owners.resize(kept);
  batch.frames.resize(kept);
}

void FramesPath::handle_timeout(Session& session, protocol::TimePoint now) noexcept {
  gather_kept(session, session.channel.handle_timeout(now));
  set_timer(session);
  flush();
}

void FramesPath::set_timer(Session& session) noexcept {
  const auto deadline = session.channel.next_deadline();
  if (!deadline)
    loop_.cancel(session);
  else if (!session.armed() || session.deadline() != *deadline)
    loop_.arm(session, *deadline);
}

FrameSent FramesPath::send(protocol::TunnelId tunnel_id, protocol::SessionId session_id, Octets frame,
                           std::uint32_t flags) noexcept {
  Session* const session = find(key_of(tunnel_id.value, session_id.value));
  if (session == nullptr) return FrameSent::unknown_session;
  TunnelEntry& tunnel = session->tunnel;
  FrameSent sent = FrameSent::invalid;
  if (!frame.empty() && frame.size() <= frame_octets_max && (flags & ~OPENL2TP_FRAME_PRIORITY) == 0) {
    std::byte header[protocol::data_header_size_max];
    const std::size_t length = protocol::encode_data_header(header,
                                                            {.tunnel_id = tunnel.peer.value,
                                                             .session_id = session->peer.value,
                                                             .ns = session->channel.next_ns(),
                                                             .length = false,
                                                             .priority = (flags & OPENL2TP_FRAME_PRIORITY) != 0,
                                                             .offset = std::nullopt},
                                                            frame.size());
    const bool taken = tunnel.endpoint->send_bulk(tunnel.path, std::span(header).first(length), frame);
    sent = taken ? FrameSent::yes : FrameSent::no_room;
  }
  SessionStatistics& total = tunnel.statistics.frames;
  if (sent != FrameSent::yes) {
    ++session->statistics.sent_errors;
    ++total.sent_errors;
    return sent;
  }
  session->channel.on_sent();
  ++session->statistics.sent_packets;
  session->statistics.sent_octets += frame.size();
  ++total.sent_packets;
  total.sent_octets += frame.size();
  return sent;
}

std::optional<SessionStatistics> FramesPath::session_statistics(protocol::TunnelId tunnel,
                                                                protocol::SessionId session) const noexcept {
  const auto found = sessions_.find(key_of(tunnel.value, session.value));
  if (found == sessions_.end()) return std::nullopt;
  return found->second.statistics;
}

std::optional<TunnelDataStatistics> FramesPath::tunnel_statistics(protocol::TunnelId tunnel) const noexcept {
  const auto found = tunnels_.find(tunnel.value);
  if (found == tunnels_.end()) return std::nullopt;
  return found->second.statistics;
}

} // namespace openl2tp::runtime

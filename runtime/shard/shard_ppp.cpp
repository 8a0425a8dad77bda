// Bringing PPP up and down on sessions: which plugin, which data path, in which order. The data paths themselves are
// runtime/dataplane's business, the plugin's side of it runtime/plugin's.
#include <string>
#include <utility>

#include "protocol/wire/header.hpp"
#include "runtime/loop/sleep.hpp"
#include "runtime/plugin/ppp_params.hpp"
#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

using protocol::CdnResult;
using protocol::GeneralError;
using protocol::make_reason;

namespace {

protocol::DataSettings data_settings(const protocol::Session& session, const SessionParameters& config) {
  // Required is what the LAC said in ICCN or OCCN; as LNS our own wish makes us number, and the LAC follow (§5.4).
  const bool lns = is_lns(session.type());
  const bool wished = session.settings().sequencing_required;
  return {.lns = lns,
          .sequencing_required = lns ? session.peer().sequencing_required : wished,
          .use_sequence_numbers = config.use_sequence_numbers.value_or(false) || (lns && wished),
          .reorder_timeout = protocol::Duration{config.reorder_timeout.value_or(0)}};
}

KernelSessionChange kernel_sequencing(const protocol::Session& session, const SessionParameters& config) {
  const protocol::DataSettings wanted = data_settings(session, config);
  const bool numbers = wanted.use_sequence_numbers || wanted.sequencing_required;
  return {.send_sequence = numbers,
          .receive_sequence = wanted.sequencing_required,
          .reorder_timeout = std::chrono::milliseconds{config.reorder_timeout.value_or(0)}};
}

} // namespace

// ---- starting

void Shard::start_ppp(const SessionKey& key) {
  if (!set_ups_.full())
    begin_ppp(key);
  else if (!set_ups_.wait(key))
    refuse_ppp(key, "too many sessions wait for PPP");
}

void Shard::begin_ppp(const SessionKey& key) {
  const auto live = find_live(key);
  if (!live) return; // it ended while it waited for its turn
  SessionRecord& record = live->record;
  if (record.config->in_force.no_ppp.value_or(false)) return; // the operator wants the session alone
  PppParams params(live->tunnel, live->session, *live->owner.config, *record.config, record.created_by_admin);
  const std::string& profile = record.config->in_force.ppp_profile_name.value_or("default");
  const Plugin* provider = plugins_->choose(params.get(), profile);
  if (provider == nullptr) return refuse_ppp(key, "no plugin takes the session");
  const auto data_path = data_path_for(*provider, params.get());
  if (!data_path) return refuse_ppp(key, "no data path for PPP");
  record.data_path = static_cast<std::uint8_t>(*data_path);
  params.get().data_path = *data_path;
  switch (*data_path) {
  case OPENL2TP_DATA_PATH_KERNEL:
    begin_set_up(key, record);
    scope_->spawn(open_on_kernel(key, provider));
    return;
  case OPENL2TP_DATA_PATH_FRAMES:
    begin_set_up(key, record);
    if (!open_frames(key, *provider)) return refuse_ppp(key, "no frames path");
    break;
  default: break;
  }
  open_ppp(key, *provider, params.get());
}

// The one that the plugin wants for this session, else the first that it takes; of those that this daemon can offer.
std::optional<std::uint32_t> Shard::data_path_for(const Plugin& provider, const openl2tp_ppp_params& params) {
  const auto wish = plugins_->wished_data_path(provider, params);
  if (wish && (*wish != OPENL2TP_DATA_PATH_KERNEL || kernel_path_)) return wish;
  for (std::uint32_t i = 0; i < provider.ppp->data_path_count; ++i) {
    const std::uint32_t path = provider.ppp->data_paths[i];
    if (path != OPENL2TP_DATA_PATH_KERNEL || kernel_path_) return path;
  }
  return std::nullopt;
}

void Shard::open_ppp(const SessionKey& key, const Plugin& provider, const openl2tp_ppp_params& params) {
  if (!plugins_->open(key, provider, params)) return refuse_ppp(key, "PPP did not start");
  if (params.data_path == OPENL2TP_DATA_PATH_FRAMES)
    frames_path_->set_ppp(key.tunnel, key.session, plugins_->ppp_of(key));
}

bool Shard::open_frames(const SessionKey& key, const Plugin& provider) {
  const auto live = find_live(key);
  if (!live) return false;
  UdpEndpoint* from = sockets_->find(live->tunnel.route().socket);
  if (from == nullptr) return false;
  return frames_path_->open({.tunnel = key.tunnel,
                             .session = key.session,
                             .peer_tunnel = live->tunnel.peer_id(),
                             .peer_session = live->session.peer_id(),
                             .endpoint = from,
                             .path = live->tunnel.route().path,
                             .sequencing = data_settings(live->session, live->record.config->in_force),
                             .ppp = nullptr,
                             .receiver = {&Shard::deliver_frames, &frames_targets_[provider.number]}});
}

void Shard::deliver_frames(void* self, std::span<const openl2tp_frame_in> frames) noexcept {
  const FramesTarget& target = *static_cast<const FramesTarget*>(self);
  target.host->deliver(*target.provider, frames);
}

Task<void> Shard::open_on_kernel(SessionKey key, const Plugin* provider) {
  KernelTunnel wanted;
  KernelSession asked;
  if (const auto live = find_live(key)) {
    const TunnelParameters& config = live->owner.config->in_force;
    wanted = {.tunnel = key.tunnel,
              .peer_tunnel = live->tunnel.peer_id(),
              .route = live->tunnel.route(),
              .udp_checksums = config.use_udp_checksums.value_or(true),
              .pmtu_discovery = config.do_pmtu_discovery.value_or(false)};
    const KernelSessionChange sequencing = kernel_sequencing(live->session, live->record.config->in_force);
    asked = {.session = key.session,
             .peer_session = live->session.peer_id(),
             .lns = is_lns(live->session.type()),
             .send_sequence = sequencing.send_sequence,
             .receive_sequence = sequencing.receive_sequence,
             .reorder_timeout = sequencing.reorder_timeout,
             .debug = (live->session.trace_mask() & (protocol::trace::data | protocol::trace::system)) != 0};
  } else {
    co_return; // it ended in the turn in which it came up
  }
  auto opened = co_await kernel_path_->open_session(wanted, asked);
  const auto ports_are_taken = [&opened] {
    return !opened && opened.error().operation == KernelOperation::claim_ports;
  };
  if (find_live(key) && ports_are_taken()) {
    // A peer that began anew from its old port: what it left behind is found out, and makes way.
    const Life other = co_await probe_elsewhere({opened.error().other});
    const protocol::TimePoint deadline = loop_->now() + release_patience;
    bool waiting = other == Life::gone;
    while (waiting && find_live(key) && ports_are_taken() && loop_->now() < deadline) {
      waiting = co_await sleep_for(probe_look);
      if (waiting && find_live(key)) opened = co_await kernel_path_->open_session(wanted, asked);
    }
  }
  const auto live = find_live(key);
  if (!live) co_return; // it ended meanwhile, and its data path with it
  if (!opened) {
    events_->warn("data path: " + to_string(opened.error()));
    refuse_ppp(key,
               ports_are_taken() ? "another tunnel has the same addresses and ports" : "no data path in the kernel",
               opened.error().temporary());
  } else {
    PppParams params(live->tunnel, live->session, *live->owner.config, *live->record.config,
                     live->record.created_by_admin);
    params.get().data_path = OPENL2TP_DATA_PATH_KERNEL;
    params.get().session_fd = opened->socket;
    open_ppp(key, *provider, params.get());
  }
  pump();
}

Task<Shard::Life> Shard::probe_elsewhere(protocol::TunnelId tunnel) {
  const auto verdict = std::make_shared<std::atomic<Life>>(Life::unknown);
  Shard* const owner = options_.group->shards[tunnel.value % options_.count].get();
  if (!owner->post([owner, tunnel, verdict] { owner->probe_tunnel(tunnel, verdict); })) {
    ++engine_->counters().event_queue_full;
    co_return Life::unknown;
  }
  const protocol::TimePoint deadline = loop_->now() + probe_patience + release_patience; // the owner may have ended
  bool waiting = true;
  while (waiting && *verdict == Life::unknown && loop_->now() < deadline)
    waiting = co_await sleep_for(probe_look);
  co_return *verdict;
}

void Shard::refuse_ppp(const SessionKey& key, std::string_view why, bool temporary) {
  ++engine_->counters().no_ppp_resources;
  const protocol::Reason reason = temporary ? make_reason(CdnResult::no_facilities_temporary, GeneralError::none, why)
                                            : make_reason(CdnResult::general_error, GeneralError::vendor_specific, why);
  static_cast<void>(engine_->close_session(key.tunnel, key.session, reason, loop_->now()));
}

// ---- the bound on set-ups

void Shard::begin_set_up(const SessionKey& key, SessionRecord& record) {
  record.setting_up = true;
  set_ups_.begin(key, loop_->now());
}

// PPP is up, or the session has ended.
void Shard::end_set_up(SessionRecord& record) {
  if (!std::exchange(record.setting_up, false)) return;
  set_ups_.end();
  while (const auto next = set_ups_.next())
    begin_ppp(*next);
}

// A plugin may take its time, or never say that PPP is up; the others do not wait for it for ever.
void Shard::pass_slow_set_ups() {
  const std::uint32_t patience_s = admission_->system().session_establish_timeout_s;
  if (patience_s == 0) return;
  while (const auto key = set_ups_.next_begun_by(loop_->now() - std::chrono::seconds(patience_s))) {
    const auto live = find_live(*key);
    if (!live || !live->record.setting_up) continue;
    events_->log("tunnel " + std::to_string(key->tunnel.value) + " session " + std::to_string(key->session.value) +
                 ": PPP is not up after " + std::to_string(patience_s) + " s; others no longer wait for it");
    end_set_up(live->record);
  }
  pump();
}

// ---- ending and changing

void Shard::end_ppp(const protocol::SessionEnded& action, SessionRecord* record) {
  // Frames first: a plugin that is closing hears no more of them. The kernel's socket last: it was the plugin's until
  // now.
  if (record != nullptr && record->data_path == OPENL2TP_DATA_PATH_FRAMES)
    static_cast<void>(frames_path_->close(action.tunnel, action.session));
  plugins_->close(action.tunnel, action.session, action.reason.result);
  if (record == nullptr) return;
  if (record->data_path == OPENL2TP_DATA_PATH_KERNEL) kernel_path_->close_session(action.tunnel, action.session);
  end_set_up(*record);
}

void Shard::modify_ppp(protocol::TunnelId tunnel_id, protocol::SessionId session_id) {
  const auto key = key_of_session(tunnel_id, session_id);
  const auto live = key ? find_live(*key) : std::nullopt;
  if (!live) return;
  const SessionRecord& record = live->record;
  if (record.data_path == OPENL2TP_DATA_PATH_FRAMES)
    frames_path_->modify(tunnel_id, session_id, data_settings(live->session, record.config->in_force));
  if (record.data_path == OPENL2TP_DATA_PATH_KERNEL)
    if (const auto changed = kernel_path_->modify_session(tunnel_id, session_id,
                                                          kernel_sequencing(live->session, record.config->in_force));
        !changed)
      options_.log->warning("data path: " + to_string(changed.error()));
  PppParams params(live->tunnel, live->session, *live->owner.config, *record.config, record.created_by_admin);
  params.get().data_path = record.data_path;
  plugins_->modify(*key, params.get());
  events_->tell(OPENL2TP_EVENT_MODIFIED, *key, {});
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

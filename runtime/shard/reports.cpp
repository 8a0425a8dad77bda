#include "runtime/shard/reports.hpp"

namespace openl2tp::runtime {

namespace {

// The spelling of the management interface.
const char* state_text(protocol::TunnelState state) noexcept {
  switch (state) {
  case protocol::TunnelState::idle: return "IDLE";
  case protocol::TunnelState::wait_ctl_reply: return "WAITCTLREPLY";
  case protocol::TunnelState::wait_ctl_conn: return "WAITCTLCONN";
  case protocol::TunnelState::established: return "ESTABLISHED";
  case protocol::TunnelState::closing: return "CLOSING";
  }
  return "IDLE";
}

const char* state_text(protocol::SessionState state) noexcept {
  switch (state) {
  case protocol::SessionState::idle: return "IDLE";
  case protocol::SessionState::wait_tunnel: return "WAITTUNNEL";
  case protocol::SessionState::wait_reply: return "WAITREPLY";
  case protocol::SessionState::wait_connect: return "WAITCONNECT";
  case protocol::SessionState::wait_cs_answer: return "WAITCSANSWER";
  case protocol::SessionState::established: return "ESTABLISHED";
  }
  return "IDLE";
}

TunnelStatistics statistics_of(const protocol::Tunnel& tunnel) {
  const protocol::ReliableChannel& channel = tunnel.channel();
  const protocol::ChannelCounters& counters = channel.counters();
  TunnelStatistics statistics;
  statistics.retransmits = counters.retransmits;
  statistics.sent_zlbs = counters.zlbs_sent;
  statistics.received_zlbs = counters.zlbs_received;
  statistics.duplicates = counters.duplicates;
  statistics.received_hellos = tunnel.hello_counters().received;
  statistics.sent_hellos = tunnel.hello_counters().sent;
  statistics.sent_zlb_failures = tunnel.zlb_send_failures();
  statistics.sent_hello_failures = tunnel.hello_counters().send_failures;
  statistics.ns = channel.ns();
  statistics.nr = channel.nr();
  // The peer's own numbers: what it sends next is what we expect, what it expects is what it acknowledged.
  statistics.peer_ns = channel.nr();
  statistics.peer_nr = channel.peer_nr();
  statistics.cwnd = channel.congestion_window();
  statistics.ssthresh = channel.slow_start_threshold();
  statistics.congestion_accumulator = channel.congestion_accumulator();
  statistics.control_received_packets = counters.received_packets;
  statistics.control_received_octets = counters.received_octets;
  statistics.control_received_out_of_sequence = counters.out_of_sequence;
  statistics.control_received_out_of_sequence_discards = counters.out_of_sequence_discards;
  statistics.control_sent_packets = counters.sent_packets;
  statistics.control_sent_octets = counters.sent_octets;
  return statistics;
}

} // namespace

namespace {

TunnelReport report_of(protocol::TunnelId id, const TunnelRecord& record) {
  TunnelReport report;
  report.config = record.config->in_force;
  report.supplied = record.config->supplied;
  report.config.config_id = record.config_id;
  report.tunnel_id = id.value;
  report.created_by_admin = record.created_by_admin;
  report.created_at = record.created_at;
  report.establish_retries = record.attempts;
  if (record.waiting_sessions) report.sessions = static_cast<std::uint32_t>(record.waiting_sessions->size());
  return report;
}

} // namespace

TunnelReport make_report(protocol::TunnelId id, const TunnelRecord& record, const protocol::Path& path) {
  TunnelReport report = report_of(id, record);
  report.state = "RETRY";
  report.local = path.local;
  report.peer_endpoint = path.peer;
  report.mode = tunnel_mode(*record.config, record.created_by_admin);
  report.use_count = 1 + report.sessions;
  return report;
}

SessionReport make_report(protocol::SessionId id, const WaitingSession& waiting) {
  SessionReport report;
  report.config = waiting.config->in_force;
  report.supplied = waiting.config->supplied.values(waiting.config->in_force);
  report.session_id = id.value;
  report.state = "RETRY";
  report.type = waiting.config->settings->type;
  report.created_by_admin = true;
  report.created_at = waiting.created_at;
  return report;
}

TunnelReport make_report(const protocol::Tunnel& tunnel, const TunnelRecord& record, TunnelMode mode) {
  TunnelReport report = report_of(tunnel.id(), record);
  report.peer_tunnel_id = tunnel.peer_id().value;
  report.local = tunnel.route().path.local;
  report.peer_endpoint = tunnel.route().path.peer;
  report.mode = mode;
  report.sessions += static_cast<std::uint32_t>(tunnel.sessions().size());
  report.use_count = 1 + report.sessions;
  report.actual_transmit_window = tunnel.channel().transmit_window();
  report.state = state_text(tunnel.state());
  report.tie_breaker = tunnel.tie_breaker();
  report.result = tunnel.reason();
  const protocol::TunnelPeer& peer = tunnel.peer();
  report.peer = {.framing_capabilities = peer.framing_capabilities,
                 .bearer_capabilities = peer.bearer_capabilities,
                 .protocol_version = peer.protocol_version.version,
                 .protocol_revision = peer.protocol_version.revision,
                 .receive_window = peer.receive_window,
                 .firmware_revision = peer.firmware_revision,
                 .host_name = peer.host_name,
                 .vendor_name = peer.vendor_name,
                 .tie_breaker = peer.tie_breaker,
                 .result = peer.result};
  report.statistics = statistics_of(tunnel);
  return report;
}

SessionReport make_report(const protocol::Session& session, const SessionRecord& record) {
  SessionReport report;
  report.config = record.config->in_force;
  report.supplied = record.config->supplied.values(record.config->in_force);
  report.session_id = session.id().value;
  report.peer_session_id = session.peer_id().value;
  report.state = state_text(session.state());
  report.type = session.type();
  report.created_by_admin = record.created_by_admin;
  report.created_at = record.created_at;
  report.call_serial_number = session.call_serial_number();
  const protocol::SessionPeer& peer = session.peer();
  report.physical_channel_id = peer.physical_channel_id;
  SessionPeerReport& told = report.peer;
  told.minimum_bps = peer.minimum_bps;
  told.maximum_bps = peer.maximum_bps;
  told.tx_connect_speed = peer.tx_connect_speed;
  told.rx_connect_speed = peer.rx_connect_speed;
  told.framing_type = peer.framing_type;
  told.bearer_type = peer.bearer_type;
  told.sequencing_required = peer.sequencing_required;
  told.call_serial_number = peer.call_serial_number;
  told.physical_channel_id = peer.physical_channel_id;
  if (!peer.extras) return report;
  const protocol::SessionPeerExtras& extras = *peer.extras;
  told.calling_number = extras.calling_number;
  told.called_number = extras.called_number;
  told.sub_address = extras.sub_address;
  told.private_group_id = extras.private_group_id;
  told.q931_cause = extras.q931_cause;
  told.q931_message = extras.q931_message;
  told.q931_advisory = extras.q931_advisory;
  told.call_errors = extras.call_errors;
  told.accm = extras.accm;
  if (!extras.proxy) return report;
  told.proxy_auth_type = extras.proxy->authen_type;
  told.proxy_auth_id = extras.proxy->authen_id;
  told.proxy_auth_name = extras.proxy->authen_name;
  told.proxy_auth_challenge = extras.proxy->authen_challenge;
  told.proxy_auth_response = extras.proxy->authen_response;
  told.initial_received_confreq = extras.proxy->initial_received_confreq;
  told.last_sent_confreq = extras.proxy->last_sent_confreq;
  told.last_received_confreq = extras.proxy->last_received_confreq;
  return report;
}

} // namespace openl2tp::runtime

// Everything that an engine counts for the management's statistics. Field by field what the interface shows; each is
// really counted.
#pragma once

#include <array>
#include <cstdint>

#include "protocol/wire/message_type.hpp"

namespace openl2tp::protocol {

/// One row a message type, index 0 for everything that names none.
struct MessageCounters {
  std::uint32_t received = 0, received_bad = 0, sent = 0;
};

struct EngineCounters {
  std::uint32_t short_frames = 0; // fewer octets than a header
  std::uint32_t wrong_version_frames = 0;
  std::uint32_t unexpected_data_frames = 0; // data messages for no session that carries data here
  std::uint32_t bad_received_frames = 0;    // malformed headers
  std::uint32_t received_control_frames = 0;
  std::uint32_t sent_control_frames = 0;
  std::uint32_t control_frame_send_failures = 0; // the runtime could not send; counted by it
  std::uint32_t retransmitted_control_frames = 0;
  std::uint32_t no_control_frame_resources = 0; // a queue of messages was full
  std::uint32_t no_peer_resources = 0;          // too many half-open tunnels of one source
  std::uint32_t no_tunnel_resources = 0;        // no tunnel id, or too many half-open tunnels
  std::uint32_t no_session_resources = 0;
  std::uint32_t no_ppp_resources = 0; // counted by the runtime
  std::uint32_t too_many_tunnels = 0; // refused by a configured limit
  std::uint32_t too_many_sessions = 0;
  std::uint32_t authentication_failures = 0;
  std::uint32_t no_matching_tunnel = 0; // control messages for a tunnel id that is not in use
  std::uint32_t no_matching_session = 0;
  std::uint32_t mismatched_tunnel_ids = 0;  // right id, wrong peer address or port
  std::uint32_t mismatched_session_ids = 0; // the session's Assigned Session ID AVP is not the one it came up with
  std::uint32_t encode_failures = 0;
  std::uint32_t tunnel_setup_failures = 0; // tunnels that ended before they were established
  std::uint32_t session_setup_failures = 0;
  std::uint32_t event_queue_full = 0; // counted by the runtime: mailbox or send queue was full
  std::uint32_t ignored_avps = 0;
  std::uint32_t vendor_avps = 0;
  std::uint32_t illegal_messages = 0;     // malformed or not allowed in the state
  std::uint32_t unsupported_messages = 0; // unknown message types
  std::array<MessageCounters, message_type_max + 1> messages{};

  /// Adds another shard's figures.
  EngineCounters& operator+=(const EngineCounters& other) noexcept;
};

} // namespace openl2tp::protocol

// What an operator decides about a tunnel or session, as immutable values. Many tunnels share one TunnelSettings; a
// change makes a new one. Profiles and their inheritance belong to the runtime.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/control/secret.hpp"
#include "protocol/trace.hpp"
#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

enum class AuthMode : std::uint8_t {
  none,      // we challenge nobody; a peer's challenge is still answered when there is a secret
  simple,    // the peer must match a configured peer; the runtime's policy sees to it
  challenge, // CHAP-MD5 both ways (§5.1.1)
};

struct TunnelSettings {
  std::string host_name;               // 1 to 255 octets
  std::string vendor_name;             // empty: not sent
  std::uint16_t firmware_revision = 0; // 0: not sent
  Secret secret;                       // empty: none
  AuthMode auth_mode = AuthMode::none;
  bool hide_avps = false; // needs a secret
  bool use_tie_breaker = false;
  Framing framing_capabilities{true, true};
  Bearer bearer_capabilities{true, true}; // both false: the AVP is not sent and outgoing calls are refused
  std::uint16_t receive_window = 10, transmit_window = 10; // 1 to 1024 messages
  std::uint16_t retries_max = 5;
  Duration retransmit_interval{1000};
  Duration hello_interval{60'000};     // 0: no HELLOs
  Duration establish_timeout{120'000}; // 0: none
  Duration idle_timeout{0};            // without sessions for this long the tunnel closes; 0: never
  std::uint32_t sessions_max = 0;      // 0: no limit but the ids
  TraceMask trace = 0;
};

/// The four kinds of call, seen from our end.
enum class SessionType : std::uint8_t {
  unspecified = 0,
  lac_incoming = 1, // we send ICRQ (§7.4.1)
  lac_outgoing = 2, // we answer OCRQ (§7.5.1)
  lns_incoming = 3, // we answer ICRQ (§7.4.2)
  lns_outgoing = 4, // we send OCRQ (§7.5.2)
};

/// Proxy LCP and authentication to send in ICCN (§4.4.5); empty vectors and type 0 are not sent.
struct ProxySettings {
  std::vector<std::byte> initial_received_confreq, last_sent_confreq, last_received_confreq;
  std::uint16_t authen_type = 0;
  std::uint8_t authen_id = 0;
  std::string authen_name;
  std::vector<std::byte> authen_challenge, authen_response;
};

struct SessionSettings {
  SessionType type = SessionType::unspecified; // of a session that we open: lac_incoming or lns_outgoing
  Framing framing_type{true, true};
  Bearer bearer_type{true, true};
  std::uint32_t minimum_bps = 0, maximum_bps = 0;                   // OCRQ
  std::uint32_t tx_connect_speed = 1'000'000, rx_connect_speed = 0; // ICCN, OCCN; rx 0: not sent
  bool sequencing_required = false;
  std::string calling_number, called_number, sub_address; // empty: not sent, where the RFC allows
  std::string private_group_id;
  std::unique_ptr<const ProxySettings> proxy; // null: none
  Duration establish_timeout{120'000};        // 0: none
  TraceMask trace = 0;
};

} // namespace openl2tp::protocol

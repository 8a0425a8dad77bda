// The management API: what the RPC service, the configuration file and tests may ask of a running daemon. Plain values
// in and out; the shards behind it are invisible. Nothing here knows of XDR or of text formats.
//
// Thread rule: any thread that is not a shard may call; calls are serialised and wait for the shards with a deadline.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/counters.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/result_code.hpp"
#include "protocol/settings.hpp"
#include "protocol/trace.hpp"

namespace openl2tp::runtime {

using protocol::AuthMode;
using protocol::Bearer;
using protocol::Framing;
using protocol::IpAddress;
using protocol::SessionType;
using protocol::TraceMask;

/// Why a call failed. The management interface gives most of these a number of their own (RPC: 500 to 527).
enum class ControlFault : std::uint8_t {
  parameter_not_modifiable,
  peer_address_missing,
  peer_not_found,
  peer_profile_not_found,
  ppp_profile_not_found,
  profile_already_exists,
  profile_name_illegal,
  profile_name_missing,
  session_already_exists,
  session_id_alloc_failure,
  session_limit_exceeded,
  session_not_found,
  session_profile_not_found,
  session_spec_missing,
  session_type_bad,
  session_type_illegal_for_tunnel,
  tunnel_add_admin_disabled,
  tunnel_create_admin_disabled,
  tunnel_already_exists,
  tunnel_id_alloc_failure,
  tunnel_not_found,
  tunnel_profile_not_found,
  tunnel_spec_missing,
  tunnel_too_many_sessions,
  tunnel_limit_exceeded,
  session_type_not_supported,
  hide_avps_needs_secret,
  invalid_argument, // a value out of its range; `detail` names the parameter, the value seen and the value allowed
  in_use,           // `detail` names who uses it
  out_of_resources, // sockets, memory, queues
  timed_out,        // a shard did not answer in time
  shutting_down,
};

struct ControlError {
  ControlFault fault;
  std::string detail; // may be empty
};

template <class T>
using ControlResult = tl::expected<T, ControlError>;

// ---- system ---------------------------------------------------------------------------------------------------------

struct SystemConfig {
  std::uint16_t udp_port = 1701;
  TraceMask trace = 0;
  std::uint32_t tunnels_max = 0, sessions_max = 0; // 0: unlimited
  bool drain = false;                              // nothing new, nothing cut
  std::uint32_t tunnel_establish_timeout_s = 120, session_establish_timeout_s = 120;
  std::uint32_t tunnel_persist_pend_timeout_s = 300, session_persist_pend_timeout_s = 60;
  bool deny_local_tunnel_creates = false, deny_remote_tunnel_creates = false;
};

/// Only what is set changes. Ranges: timeouts 0 (tunnel establish and session establish only) or 1 to 86400 s; limits 0
/// to 2^31-1.
struct SystemChange {
  std::optional<TraceMask> trace; // bits to set among trace_bits
  TraceMask trace_bits = protocol::trace::all;
  std::optional<std::uint32_t> tunnels_max, sessions_max;
  std::optional<bool> drain;
  std::optional<std::uint32_t> tunnel_establish_timeout_s, session_establish_timeout_s;
  std::optional<std::uint32_t> tunnel_persist_pend_timeout_s, session_persist_pend_timeout_s;
  std::optional<bool> deny_local_tunnel_creates, deny_remote_tunnel_creates;
  bool reset_statistics = false;
};

struct SystemReport {
  SystemConfig config;
  SystemChange changed; // which parameters were ever set, for the flags word: those with a value
  protocol::EngineCounters counters;
  std::uint32_t tunnels = 0, sessions = 0;
};

// ---- tunnels --------------------------------------------------------------------------------------------------------

/// A tunnel by id or by administrative name; the id wins when both are given.
struct TunnelName {
  std::uint16_t id = 0;
  std::optional<std::string> name;
};

/// Parameters of create and modify; only what is set was supplied. Modify takes those marked [m]; others make it fail
/// with parameter_not_modifiable.
struct TunnelParameters {
  std::optional<std::uint16_t> tunnel_id; // wanted id, 1 to 65535
  std::optional<std::string> tunnel_name;
  std::optional<IpAddress> our_addr, peer_addr;
  std::optional<std::uint16_t> our_udp_port; // 0: an ephemeral port; not set: the daemon's own port
  std::optional<std::uint16_t> peer_udp_port;
  std::optional<std::uint32_t> config_id;
  std::optional<AuthMode> auth_mode;
  std::optional<Framing> framing_capabilities;
  std::optional<Bearer> bearer_capabilities;
  std::optional<bool> use_tie_breaker, allow_ppp_proxy, hide_avps;
  std::optional<std::uint16_t> receive_window, transmit_window; // 1 to 1024
  std::optional<std::string> secret, host_name;
  std::optional<std::string> tunnel_profile_name;
  std::optional<bool> do_pmtu_discovery;
  std::optional<bool> use_udp_checksums;        // [m]
  std::optional<bool> persist;                  // [m]
  std::optional<std::uint32_t> hello_timeout_s; // [m] 0: off; at most 86400
  std::optional<std::uint32_t> retries_max;     // [m] 0 to 100
  std::optional<std::uint32_t> retry_timeout_s; // [m] 1 to 60
  std::optional<std::uint32_t> idle_timeout_s;  // [m] 0: never
  std::optional<std::uint32_t> sessions_max;    // [m] 0: unlimited
  std::optional<std::uint32_t> mtu;             // [m] 0 or 68 to 65535
  std::optional<TraceMask> trace;               // [m]
  TraceMask trace_bits = protocol::trace::all;  // [m] which bits of `trace` count
  std::optional<std::string> peer_profile_name, session_profile_name, ppp_profile_name, interface_name; // [m]
};

enum class TunnelMode : std::uint8_t { lac_lns = 0, lac = 1, lns = 2 };

struct TunnelPeerReport {
  Framing framing_capabilities{};
  Bearer bearer_capabilities{};
  std::uint8_t protocol_version = 0, protocol_revision = 0;
  std::uint16_t receive_window = 0, firmware_revision = 0;
  std::string host_name, vendor_name; // as the peer sent them, not escaped
  std::optional<protocol::TieBreaker> tie_breaker;
  protocol::Reason result; // of its StopCCN; result 0: none came
};

struct TunnelStatistics {
  std::uint32_t retransmits = 0, sent_zlbs = 0, sent_zlb_failures = 0, received_zlbs = 0;
  std::uint32_t data_discards = 0, duplicates = 0;
  std::uint32_t received_hellos = 0, sent_hellos = 0, sent_hello_failures = 0;
  std::uint16_t ns = 0, nr = 0, peer_ns = 0, peer_nr = 0, cwnd = 0, ssthresh = 0, congestion_accumulator = 0;
  std::uint64_t control_received_packets = 0, control_received_octets = 0, control_received_out_of_sequence = 0,
                control_received_out_of_sequence_discards = 0, control_sent_packets = 0, control_sent_octets = 0;
  std::uint64_t data_received_packets = 0, data_received_octets = 0, data_received_errors = 0,
                data_received_out_of_sequence = 0, data_received_out_of_sequence_discards = 0, data_sent_packets = 0,
                data_sent_octets = 0, data_sent_errors = 0;
};

struct TunnelReport {
  TunnelParameters config;   // every field has its value in force (names may be absent)
  TunnelParameters supplied; // those that were given explicitly: what the flags words say
  std::uint16_t tunnel_id = 0, peer_tunnel_id = 0;
  protocol::Endpoint local, peer_endpoint;
  bool created_by_admin = false;
  std::int64_t created_at = 0; // seconds since 1970
  TunnelMode mode = TunnelMode::lac;
  std::uint32_t sessions = 0, use_count = 0, establish_retries = 0;
  std::uint16_t actual_transmit_window = 0;
  std::string state; // "ESTABLISHED", "WAITCTLREPLY", ... as the interface spells them
  std::optional<protocol::TieBreaker> tie_breaker;
  protocol::Reason result; // of our own StopCCN; result 0: none was sent
  TunnelPeerReport peer;
  TunnelStatistics statistics;
};

// ---- sessions -------------------------------------------------------------------------------------------------------

struct SessionName {
  TunnelName tunnel;
  std::uint16_t id = 0;
  std::optional<std::string> name;
};

enum class ProxyAuthType : std::uint8_t { reserved = 0, plain_text = 1, chap = 2, pap = 3, no_auth = 4, mschap = 5 };

struct SessionParameters {
  std::optional<std::uint16_t> session_id;
  std::optional<std::string> session_name, interface_name, user_name, user_password, private_group_id, profile_name,
      ppp_profile_name;
  std::optional<SessionType> session_type;
  std::optional<bool> no_ppp, use_ppp_proxy;
  std::optional<bool> sequencing_required;      // [m]
  std::optional<bool> use_sequence_numbers;     // [m]
  std::optional<std::uint32_t> reorder_timeout; // [m] ms
  std::optional<TraceMask> trace;               // [m]
  TraceMask trace_bits = protocol::trace::all;  // [m]
  std::optional<Framing> framing_type;
  std::optional<Bearer> bearer_type;
  std::optional<std::uint32_t> minimum_bps, maximum_bps, tx_connect_speed, rx_connect_speed;
  std::optional<ProxyAuthType> proxy_auth_type;
  std::optional<std::string> proxy_auth_name;
  std::optional<std::vector<std::byte>> proxy_auth_challenge, proxy_auth_response;
  std::optional<std::string> calling_number, called_number, sub_address;
  std::optional<std::vector<std::byte>> initial_received_confreq, last_sent_confreq, last_received_confreq;
};

struct SessionPeerReport {
  protocol::Reason result; // of its CDN
  std::uint32_t minimum_bps = 0, maximum_bps = 0, tx_connect_speed = 0, rx_connect_speed = 0;
  std::uint16_t proxy_auth_type = 0;
  std::uint8_t proxy_auth_id = 0;
  std::string proxy_auth_name, private_group_id;
  std::vector<std::byte> proxy_auth_challenge, proxy_auth_response;
  Framing framing_type{};
  Bearer bearer_type{};
  bool sequencing_required = false;
  std::uint32_t call_serial_number = 0, physical_channel_id = 0;
  std::vector<std::byte> initial_received_confreq, last_sent_confreq, last_received_confreq;
  std::string calling_number, called_number, sub_address;
  std::uint16_t q931_cause = 0;
  std::uint8_t q931_message = 0;
  std::string q931_advisory;
  protocol::CallErrors call_errors;
  protocol::Accm accm;
};

struct SessionStatistics {
  std::uint64_t received_packets = 0, received_octets = 0, received_errors = 0, received_out_of_sequence = 0,
                received_out_of_sequence_discards = 0, sent_packets = 0, sent_octets = 0, sent_errors = 0;
};

/// How far PPP of a session is.
enum class PppPhase : std::uint8_t {
  none,           // no plugin runs PPP there, or one that carries nothing
  starting,       // the plugin runs it and has told no more
  lcp,            // the link is being negotiated
  authenticating, // one side proves who it is
  network,        // IPCP, IPV6CP: no network is up yet
  up,
  terminating,
  ended, // of a session that is shown after its end
};

/// PPP of a session, as far as its plugin has told.
struct PppReport {
  PppPhase phase = PppPhase::none;
  std::string plugin;
  std::string data_path;                              // "kernel", "frames" or "none"
  std::string interface_name, user_name, auth_method; // empty: not told
  std::optional<std::uint32_t> unit, process;
  std::optional<IpAddress> local_ipv4, peer_ipv4;
  std::optional<IpAddress> local_ipv6, peer_ipv6; // link-local
  std::uint16_t mtu = 0, mru = 0;                 // 0: not told
  std::int64_t up_at = 0;                         // seconds since 1970; 0: it never was up
  std::string end_reason;                         // of an ended one; may quote the peer, escaped
};

struct SessionReport {
  SessionParameters config, supplied;
  std::uint16_t tunnel_id = 0, session_id = 0, peer_session_id = 0;
  std::optional<std::string> tunnel_name;
  std::string state;
  SessionType type = SessionType::unspecified;
  bool created_by_admin = false;
  std::int64_t created_at = 0;
  std::uint32_t call_serial_number = 0, physical_channel_id = 0;
  SessionPeerReport peer;
  SessionStatistics statistics;
  PppReport ppp;
};

// ---- profiles -------------------------------------------------------------------------------------------------------

/// Of a peer that is known beforehand. Names may be of profiles that do not exist yet.
struct PeerProfileParameters {
  std::optional<IpAddress> peer_addr; // matches by address; not set or unspecified without netmask: by host name alone
  std::optional<IpAddress> netmask;   // contiguous, of the family of peer_addr; not set: that one address
  std::optional<std::uint16_t> peer_port; // 0: the daemon's default; used for tunnels that we open
  std::optional<TunnelMode> mode;         // what we may be towards the peer
  std::optional<std::string> tunnel_profile_name, session_profile_name, ppp_profile_name; // not set: "default"
};

/// A tunnel profile holds all but tunnel_id, tunnel_name, config_id, persist, interface_name and tunnel_profile_name.
using TunnelProfileParameters = TunnelParameters;
/// A session profile holds no_ppp, use_ppp_proxy, session_type, sequencing, trace, framing, bearer, speeds,
/// private_group_id and ppp_profile_name.
using SessionProfileParameters = SessionParameters;

enum class PppSyncMode : std::uint8_t { sync_async = 0, sync = 1, async = 2 };

/// What a PPP plugin is told about a session. Times in seconds, counts as such, 0 to 2^31-1; addresses are IPv4.
struct PppProfileParameters {
  std::optional<TraceMask> trace;
  TraceMask trace_bits = protocol::trace::all; // which bits of `trace` count
  std::optional<std::uint32_t> asyncmap;
  std::optional<std::uint16_t> mru, mtu; // 0 or 68 to 65535
  std::optional<bool> auth_none, auth_peer;
  std::optional<bool> auth_refuse_pap, auth_refuse_chap, auth_refuse_mschap, auth_refuse_mschapv2, auth_refuse_eap;
  std::optional<PppSyncMode> sync_mode;
  std::optional<std::uint32_t> chap_interval_s, chap_challenges_max, chap_restart_s;
  std::optional<std::uint32_t> pap_requests_max, pap_restart_s, pap_timeout_s;
  std::optional<std::uint32_t> idle_timeout_s;
  std::optional<std::uint32_t> ipcp_config_requests_max, ipcp_config_naks_max, ipcp_terminate_requests_max,
      ipcp_retransmit_s;
  std::optional<std::uint32_t> lcp_echo_failures_max, lcp_echo_interval_s;
  std::optional<std::uint32_t> lcp_config_requests_max, lcp_config_naks_max, lcp_terminate_requests_max,
      lcp_retransmit_s;
  std::optional<std::uint32_t> connect_time_max_s, failures_max;
  std::optional<IpAddress> local_addr, peer_addr, dns_addr_1, dns_addr_2, wins_addr_1, wins_addr_2;
  std::optional<std::string> ip_pool_name, radius_hint, local_name, remote_name;
  std::optional<bool> use_radius, use_as_default_route, multilink, proxy_arp;
};

/// One profile. `Parameters` is one of the four kinds above and tells the kinds apart.
template <class Parameters>
struct ProfileReport {
  std::string name;
  Parameters in_force; // every parameter that has a default has a value
  Parameters supplied; // explicitly given: what the flags words say
};

/// Number of tunnels by name of a profile; none with 0.
using ProfileUses = std::unordered_map<std::string, std::uint32_t>;

/// The management side of profiles: runtime/profiles/profile_store.hpp.
class ProfileStore;
enum class ProfileKind : std::uint8_t { tunnel, session, ppp, peer };
/// Fault injection: runtime/faults.hpp.
class FaultControl;

// ---- peers and users ------------------------------------------------------------------------------------------------

struct PeerReport {
  IpAddress local, peer;
  std::uint32_t tunnels = 0;
};

struct UserReport {
  std::string user_name;
  std::int64_t created_at = 0;
  bool created_by_admin = false;
  std::uint16_t tunnel_id = 0, session_id = 0;
};

/// A user with all that is known of the session.
struct UserDetail {
  UserReport user;
  PppReport ppp;
  SessionStatistics statistics;
};

/// Some users of a longer list.
struct UserPage {
  std::vector<UserDetail> users; // ascending by tunnel id, then session id
  bool more = false;             // there are others after them
};

// ---- the calls ------------------------------------------------------------------------------------------------------

class Control {
 public:
  virtual ~Control() = default;

  [[nodiscard]] virtual ControlResult<SystemReport> system_get() = 0;
  virtual ControlResult<void> system_modify(const SystemChange& change) = 0;

  virtual ControlResult<std::uint16_t> tunnel_create(const TunnelParameters& parameters) = 0; // the new tunnel's id
  virtual ControlResult<void> tunnel_delete(const TunnelName& tunnel, const std::string& reason) = 0;
  virtual ControlResult<void> tunnel_modify(const TunnelName& tunnel, const TunnelParameters& parameters) = 0;
  [[nodiscard]] virtual ControlResult<TunnelReport> tunnel_get(const TunnelName& tunnel) = 0;
  [[nodiscard]] virtual ControlResult<std::vector<std::uint16_t>> tunnel_list() = 0; // ascending

  virtual ControlResult<std::uint16_t> session_create(const TunnelName& tunnel,
                                                      const SessionParameters& parameters) = 0;
  virtual ControlResult<void> session_delete(const SessionName& session, const std::string& reason) = 0;
  virtual ControlResult<void> session_modify(const SessionName& session, const SessionParameters& parameters) = 0;
  [[nodiscard]] virtual ControlResult<SessionReport> session_get(const SessionName& session) = 0;
  [[nodiscard]] virtual ControlResult<std::vector<std::uint16_t>>
  session_list(const TunnelName& tunnel) = 0; // ascending

  /// Pairs of addresses with tunnels between them, ascending.
  [[nodiscard]] virtual ControlResult<std::vector<PeerReport>> peer_list() = 0;
  /// Sessions that have a user name, ascending by ids.
  [[nodiscard]] virtual ControlResult<std::vector<UserReport>> user_list() = 0;
  /// The first `most` users whose ids come after these; (0, 0): from the beginning.
  [[nodiscard]] virtual ControlResult<UserPage> users_after(std::uint16_t tunnel_id, std::uint16_t session_id,
                                                            std::uint32_t most) = 0;

  /// Tunnels that were made from the peer profile `name`, or told to use it, and are still there.
  [[nodiscard]] virtual ControlResult<std::uint32_t> peer_profile_uses(const std::string& name) = 0;
  /// The same of all peer profiles that have such tunnels, whether or not the profile itself still exists.
  [[nodiscard]] virtual ControlResult<ProfileUses> peer_profile_uses() = 0;

  /// Who would not come back from a saved configuration if the profile went: tunnels that the operator made, and
  /// sessions of his, as people call them, at most `most`.
  [[nodiscard]] virtual ControlResult<std::vector<std::string>> profile_users(ProfileKind, const std::string&,
                                                                              std::size_t /*most*/) {
    return {};
  }

  /// Create, modify, unset, delete, get and list profiles. Lives as long as this; any thread.
  [[nodiscard]] virtual ProfileStore& profiles() = 0;
  /// Null where nothing can inject faults. Lives as long as this.
  [[nodiscard]] virtual FaultControl* faults() { return nullptr; }
};

} // namespace openl2tp::runtime

// What a link is told about itself: the parameters of a PPP profile, in the engine's words. One object serves all links
// of a profile. Data only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "plugins/ppp_engine/auth_method.hpp"
#include "plugins/ppp_engine/ipv4.hpp"
#include "plugins/ppp_engine/negotiator.hpp"

namespace openl2tp::ppp {

/// Names in brackets are those of the PPP profile. A duration of 0 switches its timer off, unless it says otherwise.
struct LinkSettings {
  // LCP
  std::uint16_t mru = 1500;     // [mru] what we ask for; 128 at least
  std::uint16_t mtu = 1500;     // [mtu] we send no more, whatever the peer takes
  bool request_accm = false;    // ask for `accm`; of use on asynchronous lines alone [sync_mode]
  std::uint32_t accm = 0;       // [asyncmap]
  bool request_pfc = true;      // protocol field compression, towards us
  bool request_acfc = true;     // address and control field compression, towards us
  bool compress_headers = true; // compress towards the peer where it allows that
  NegotiationLimits lcp;        // [lcp_retransmit_interval, lcp_max_config_requests, _config_naks, _terminate_requests]
  NegotiationLimits ncp;        // [ipcp_...], IPV6CP alike

  // Echo (RFC 1661 5.8)
  Duration echo_interval{};       // [lcp_echo_interval]
  std::uint8_t echo_failures = 0; // [lcp_echo_failure_count] unanswered ones that end the link; 0: never
  bool echo_adaptive = false;     // none while the peer is heard

  // Authentication
  AuthMethods require;      // what we take as the peer's proof; empty: none is asked for [auth_none, auth_peer]
  AuthMethods offer;        // what we let the peer ask of us [auth_refuse_...]; empty: we have no secret to prove
  bool called = false;      // the peer asked for the session: it proves itself first, and we never believe its name
  std::string local_name;   // [local_name] our name as authenticator; the secrets' server column
  std::string remote_name;  // [remote_name] the peer's name when it is not told (PAP) or not believed
  Duration chap_interval{}; // [chap_interval] between two proofs of a link that is up
  std::uint8_t chap_challenges_max = 10; // [chap_max_challenge] Challenges without an answer
  Duration chap_restart{3000};           // [chap_restart] between them; not 0
  std::uint8_t pap_requests_max = 10;    // [pap_max_auth_requests]
  Duration pap_restart{3000};            // [pap_restart_interval]; not 0
  Duration pap_timeout{};                // [pap_timeout] how long we wait for the peer's Authenticate-Request
  Duration answer_timeout{30'000};       // how long the owner may take to answer; not 0

  // Network protocols
  bool ipv4 = true, ipv6 = true;
  Ipv4 local_address;             // [local_ipaddr]; empty: the peer says it
  bool accept_local = false;      // let the peer say another
  bool accept_peer = true;        // let the peer choose its own where nobody assigns one and no rule speaks of any
  Ipv4 peer_address;              // [remote_ipaddr]; empty: the authority, the owner or the peer says it
  bool ask_owner_address = false; // [ip_pool_name] without an address of the user's own, ask with NeedAddress
  std::array<Ipv4, 2> dns{};      // [dns_ipaddr_pri, dns_ipaddr_sec] given to the peer
  std::array<Ipv4, 2> nbns{};     // [wins_ipaddr_pri, wins_ipaddr_sec]
  bool request_dns = false;       // ask the peer for DNS servers, and NBNS servers when `request_nbns`
  bool request_nbns = false;
  std::uint64_t local_interface_id = 0; // 0: a random one for each link

  // Limits of a link
  Duration establish_timeout{60'000}; // from open() to the first network protocol; not 0
  Duration idle_timeout{};            // [idle_timeout]
  bool idle_from_owner = false;       // the owner knows the idle time (kernel): ask with NeedIdle
  Duration connect_time{};            // [max_connect_time] from LinkUp

  // Proxy LCP and authentication (RFC 2661 4.4.5)
  bool accept_proxy_lcp = false;  // the LAC is trusted with what it negotiated
  bool accept_proxy_auth = false; // ... and with what it heard as proof, which we then verify
  bool hand_over = false;         // as LAC: negotiate LCP, take the peer's proof, and stop there

  bool operator==(const LinkSettings&) const = default;
};

/// The same with what would make no sense replaced: an MRU of 0 or below 128, a timer of 0 that must run, a counter of
/// 0 that must count. A profile may say such things; a Link is given what this returns.
[[nodiscard]] LinkSettings make_usable(LinkSettings settings) noexcept;

} // namespace openl2tp::ppp

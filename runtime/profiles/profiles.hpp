// One immutable state of all profiles, and what becomes of a tunnel or session created under it: defaults, inheritance
// and checks. A change makes a new Profiles (profile_store.hpp); whoever holds the old one goes on with it, so a change
// affects new instances only.
#pragma once

#include <memory>
#include <string_view>

#include "protocol/endpoint.hpp"
#include "protocol/settings.hpp"
#include "protocol/wire/message.hpp"
#include "runtime/control.hpp"
#include "runtime/profiles/parameter.hpp"

namespace openl2tp::runtime {

/// Everything decided about one tunnel. Tunnels made by peers share the one of their profile.
struct TunnelConfig {
  TunnelParameters in_force;                                // every parameter that has a default has a value
  TunnelParameters supplied;                                // explicitly given by the creator
  std::shared_ptr<const protocol::TunnelSettings> settings; // the same for the engine
  TunnelMode allowed_mode = TunnelMode::lac_lns;            // what the peer profile lets us be
};

/// What we are on a tunnel: LAC when the operator opens it, LNS when the peer does, unless its peer profile allows only
/// the other.
[[nodiscard]] TunnelMode tunnel_mode(const TunnelConfig& config, bool created_by_admin) noexcept;

/// A PPP profile, for a plugin.
struct PppConfig {
  PppProfileParameters in_force; // every parameter that has a default has a value
  PppProfileParameters supplied; // explicitly given
};

struct SessionConfig {
  SessionParameters in_force; // every parameter that has a default has a value
  Supplied<SessionParameters> supplied;
  std::shared_ptr<const protocol::SessionSettings> settings;
  // Of the profile in_force.ppp_profile_name, or of `default` when there is none of that name; never null.
  std::shared_ptr<const PppConfig> ppp;
};

class Profiles {
 public:
  /// The built-in `default` profiles. `trace`: the trace flags of new objects (all with -D, else none).
  [[nodiscard]] static std::shared_ptr<const Profiles> built_in(TraceMask trace);

  virtual ~Profiles() = default;

  /// For a peer's SCCRQ: peer profile by host name, then exact address, then longest netmask, then `default`; tunnel
  /// profile as that says. Costs no more with many profiles than a hash look-up and one look-up a distinct netmask.
  /// Never null. A peer that calls itself "default" matches nothing by that name.
  /// @error not_authorised_peer is told apart by an empty pointer: auth_mode simple and no configured peer matches, or
  /// the peer profile names a tunnel profile that does not exist (its secret might have protected us).
  [[nodiscard]] virtual std::shared_ptr<const TunnelConfig>
  for_incoming_tunnel(const IpAddress& peer, std::string_view host_name, const SystemConfig& system) const = 0;

  /// For a tunnel that the operator creates. Peer profile: as named, else as its tunnel profile names, else by address,
  /// else `default`; tunnel profile: as named, else as the peer profile says. The name "default" inside a tunnel
  /// profile counts as not given. The peer's address and port may come from the tunnel profile, then from a peer
  /// profile for one address.
  /// @error peer_address_missing, tunnel_profile_not_found, peer_profile_not_found, hide_avps_needs_secret,
  /// invalid_argument
  [[nodiscard]] virtual ControlResult<std::shared_ptr<const TunnelConfig>>
  for_tunnel(const TunnelParameters& parameters, const SystemConfig& system) const = 0;

  /// For a peer's ICRQ or OCRQ on a tunnel of configuration `tunnel`. `type` is ours: lns_incoming or lac_outgoing.
  /// Shared; never null: where the tunnel's session profile does not exist, `default` serves.
  [[nodiscard]] virtual std::shared_ptr<const SessionConfig>
  for_incoming_session(const TunnelConfig& tunnel, SessionType type, const SystemConfig& system) const = 0;

  /// For a session that the operator creates; `mode` is what we are on that tunnel. Without a type it is lac_incoming
  /// on a LAC's tunnel and lns_outgoing on an LNS's. A PPP profile that does not exist is no error.
  /// @error session_profile_not_found, session_type_bad, session_type_illegal_for_tunnel, invalid_argument
  [[nodiscard]] virtual ControlResult<std::shared_ptr<const SessionConfig>>
  for_session(const TunnelConfig& tunnel, TunnelMode mode, const SessionParameters& parameters,
              const SystemConfig& system) const = 0;
};

/// `config` with the parameters of a modify call applied.
/// @error parameter_not_modifiable, invalid_argument
[[nodiscard]] ControlResult<std::shared_ptr<const TunnelConfig>>
modified(const TunnelConfig& config, const TunnelParameters& change, const SystemConfig& system);
[[nodiscard]] ControlResult<std::shared_ptr<const SessionConfig>>
modified(const SessionConfig& config, const SessionParameters& change, const SystemConfig& system);

/// As clamp_ranges() of other parameters.
[[nodiscard]] std::vector<std::string> clamp_ranges(SystemChange& change);

/// `config` with a change applied. @error invalid_argument: names parameter, value seen and values allowed; nothing is
/// applied.
[[nodiscard]] ControlResult<SystemConfig> modified(const SystemConfig& config, const SystemChange& change);

} // namespace openl2tp::runtime

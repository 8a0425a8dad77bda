// What becomes of a tunnel: its peer profile, its tunnel profile, and the names that its sessions inherit.
#include "runtime/profiles/settings.hpp"
#include "runtime/profiles/snapshot.hpp"
#include "runtime/profiles/wiped.hpp"

namespace openl2tp::runtime {

namespace {

using TunnelResult = ControlResult<std::shared_ptr<const TunnelConfig>>;

tl::unexpected<ControlError> fail(ControlFault fault, std::string detail) {
  return tl::unexpected(ControlError{fault, std::move(detail)});
}

bool given(const std::optional<std::string>& name) noexcept { return name && !name->empty(); }
bool given_and_not_default(const std::optional<std::string>& name) noexcept {
  return given(name) && *name != kDefaultName;
}

// An explicit name counts even when it is "default"; one inside a tunnel profile gives way then to the peer profile's.
std::string inherited(const std::optional<std::string>& explicit_name,
                      const std::optional<std::string>& tunnel_profiles,
                      const std::optional<std::string>& peer_profiles) {
  if (given(explicit_name)) return *explicit_name;
  if (given_and_not_default(tunnel_profiles)) return *tunnel_profiles;
  if (given(peer_profiles)) return *peer_profiles;
  return kDefaultName;
}

// `profile` and `peer` are what was supplied in those profiles.
std::shared_ptr<TunnelConfig> lay_out(const TunnelParameters& built_in, const std::string& profile_name,
                                      const TunnelParameters& profile, const std::string& peer_name,
                                      const PeerProfileParameters& peer, const TunnelParameters& parameters) {
  auto config = make_wiped_config<TunnelConfig>();
  Layered<TunnelParameters> layers{.in_force = built_in, .supplied = {}};
  apply(layers, profile, built_in);
  layers.supplied = {}; // what the profile gives is the profile's
  apply(layers, parameters, built_in);
  TunnelParameters& in_force = layers.in_force;
  in_force.tunnel_profile_name = profile_name;
  in_force.peer_profile_name = peer_name;
  in_force.session_profile_name =
      inherited(parameters.session_profile_name, profile.session_profile_name, peer.session_profile_name);
  in_force.ppp_profile_name = inherited(parameters.ppp_profile_name, profile.ppp_profile_name, peer.ppp_profile_name);
  config->in_force = std::move(layers.in_force);
  config->supplied = std::move(layers.supplied);
  config->allowed_mode = peer.mode.value_or(TunnelMode::lac_lns);
  return config;
}

bool is_one_address(const PeerProfileParameters& peer) {
  const auto network = network_of(peer);
  return network && *network && (*network)->length == ((*network)->address.family == 6 ? 128 : 32);
}

void complete_peer_port(TunnelParameters& in_force, const PeerProfileParameters& peer, const SystemConfig& system) {
  if (in_force.peer_udp_port.value_or(0) != 0) return;
  const std::uint16_t of_daemon = system.udp_port != 0 ? system.udp_port : std::uint16_t{1701};
  in_force.peer_udp_port = peer.peer_port.value_or(0) != 0 ? *peer.peer_port : of_daemon;
}

} // namespace

TunnelMode tunnel_mode(const TunnelConfig& config, bool created_by_admin) noexcept {
  if (config.allowed_mode != TunnelMode::lac_lns) return config.allowed_mode;
  return created_by_admin ? TunnelMode::lac : TunnelMode::lns;
}

Snapshot::PeerMatch Snapshot::match_peer(const IpAddress& peer, std::string_view host_name) const {
  // Whoever calls itself "default" would otherwise count as configured.
  if (!host_name.empty() && host_name != kDefaultName && data_.peers.find(host_name)) {
    return {.name = std::string(host_name), .configured = true};
  }
  if (std::optional<std::string> name = data_.peer_index.match(peer)) {
    return {.name = std::move(*name), .configured = true};
  }
  return {.name = kDefaultName, .configured = false};
}

std::shared_ptr<const TunnelConfig> Snapshot::for_incoming_tunnel(const IpAddress& peer, std::string_view host_name,
                                                                  const SystemConfig& system) const {
  const PeerMatch match = match_peer(peer, host_name);
  TunnelKey key{.peer_profile = match.name,
                .establish_timeout_s = system.tunnel_establish_timeout_s,
                .udp_port = system.udp_port};
  std::shared_ptr<const TunnelConfig> config = incoming_tunnels_.find(key);
  if (!config) {
    const auto peer_profile = data_.peers.find(match.name);
    const std::string name =
        given(peer_profile->tunnel_profile_name) ? *peer_profile->tunnel_profile_name : kDefaultName;
    const auto profile = data_.tunnels.find(name);
    if (!profile) return nullptr;
    auto made = lay_out(tunnel_built_in_, name, *profile, match.name, *peer_profile, {});
    complete_peer_port(made->in_force, *peer_profile, system);
    made->settings = tunnel_settings(made->in_force, system);
    incoming_tunnels_.add(std::move(key), made);
    config = std::move(made);
  }
  if (config->in_force.auth_mode == AuthMode::simple && !match.configured) return nullptr;
  return config;
}

ControlResult<std::string> Snapshot::peer_profile_for(const TunnelParameters& parameters,
                                                      const TunnelParameters* named_profile) const {
  std::string name;
  if (given(parameters.peer_profile_name)) {
    name = *parameters.peer_profile_name;
  } else if (named_profile != nullptr && given_and_not_default(named_profile->peer_profile_name)) {
    name = *named_profile->peer_profile_name;
  } else {
    const std::optional<IpAddress>& address =
        parameters.peer_addr || named_profile == nullptr ? parameters.peer_addr : named_profile->peer_addr;
    const std::optional<std::string> match = address ? data_.peer_index.match(*address) : std::nullopt;
    return match.value_or(kDefaultName);
  }
  if (!data_.peers.find(name)) return fail(ControlFault::peer_profile_not_found, name);
  return name;
}

TunnelResult Snapshot::for_tunnel(const TunnelParameters& parameters, const SystemConfig& system) const {
  if (auto checked = check_ranges(parameters); !checked) return tl::unexpected(checked.error());

  std::shared_ptr<const TunnelParameters> profile;
  std::string profile_name;
  if (given(parameters.tunnel_profile_name)) {
    profile_name = *parameters.tunnel_profile_name;
    profile = data_.tunnels.find(profile_name);
    if (!profile) return fail(ControlFault::tunnel_profile_not_found, profile_name);
  }
  const ControlResult<std::string> peer_name = peer_profile_for(parameters, profile.get());
  if (!peer_name) return tl::unexpected(peer_name.error());
  const auto peer = data_.peers.find(*peer_name);
  if (!profile) {
    profile_name = given(peer->tunnel_profile_name) ? *peer->tunnel_profile_name : kDefaultName;
    profile = data_.tunnels.find(profile_name);
    if (!profile) {
      return fail(ControlFault::tunnel_profile_not_found, profile_name + " (of peer profile " + *peer_name + ")");
    }
  }

  auto config = lay_out(tunnel_built_in_, profile_name, *profile, *peer_name, *peer, parameters);
  TunnelParameters& in_force = config->in_force;
  if ((!in_force.peer_addr || in_force.peer_addr->is_unspecified()) && is_one_address(*peer)) {
    in_force.peer_addr = peer->peer_addr;
  }
  if (!in_force.peer_addr || in_force.peer_addr->is_unspecified()) {
    return fail(ControlFault::peer_address_missing, {});
  }
  if (in_force.our_addr && in_force.our_addr->family != 0 && in_force.our_addr->family != in_force.peer_addr->family) {
    return fail(ControlFault::invalid_argument, "src_ipaddr: " + to_string(*in_force.our_addr) +
                                                    ", allowed addresses of the family of " +
                                                    to_string(*in_force.peer_addr));
  }
  complete_peer_port(in_force, *peer, system);
  if (!given(in_force.secret)) {
    if (in_force.hide_avps == true) return fail(ControlFault::hide_avps_needs_secret, {});
    if (in_force.auth_mode == AuthMode::challenge) {
      return fail(ControlFault::invalid_argument, "auth_mode: challenge, allowed only with a secret");
    }
  }
  config->settings = tunnel_settings(in_force, system);
  return config;
}

} // namespace openl2tp::runtime

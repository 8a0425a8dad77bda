// The snapshot as a whole: its parts, its keys, and what becomes of a session.
#include "runtime/profiles/snapshot.hpp"

#include "runtime/profiles/settings.hpp"
#include "runtime/profiles/wiped.hpp"

namespace openl2tp::runtime {

namespace {

using SessionResult = ControlResult<std::shared_ptr<const SessionConfig>>;

tl::unexpected<ControlError> fail(ControlFault fault, std::string detail) {
  return tl::unexpected(ControlError{fault, std::move(detail)});
}

bool given(const std::optional<std::string>& name) noexcept { return name && !name->empty(); }

// A session that we open: ICRQ as LAC, OCRQ as LNS. The answering types come from peers alone.
ControlResult<SessionType> type_to_open(SessionType wanted, TunnelMode mode) {
  const bool may_be_lac = mode != TunnelMode::lns;
  const bool may_be_lns = mode != TunnelMode::lac;
  switch (wanted) {
  case SessionType::unspecified: return may_be_lac ? SessionType::lac_incoming : SessionType::lns_outgoing;
  case SessionType::lac_incoming:
    if (!may_be_lac) return fail(ControlFault::session_type_illegal_for_tunnel, "laic on a tunnel where we are LNS");
    return wanted;
  case SessionType::lns_outgoing:
    if (!may_be_lns) return fail(ControlFault::session_type_illegal_for_tunnel, "lnoc on a tunnel where we are LAC");
    return wanted;
  case SessionType::lac_outgoing:
  case SessionType::lns_incoming: return fail(ControlFault::session_type_bad, "allowed laic and lnoc");
  }
  return fail(ControlFault::session_type_bad, "allowed laic and lnoc"); // a value from outside of the enumeration
}

} // namespace

std::shared_ptr<const Profiles> Profiles::built_in(TraceMask trace) {
  return std::make_shared<const Snapshot>(std::make_shared<const ProfileData>(built_in_data(trace)));
}

ProfileData built_in_data(TraceMask trace) {
  ProfileData data;
  data.trace = trace;
  data.peers.set(kDefaultName, std::make_shared<StoredProfile<PeerProfileParameters>>());
  data.tunnels.set(kDefaultName, std::make_shared<StoredProfile<TunnelProfileParameters>>());
  data.sessions.set(kDefaultName, std::make_shared<StoredProfile<SessionProfileParameters>>());
  data.ppp.set(kDefaultName, std::make_shared<StoredProfile<PppProfileParameters>>());
  return data;
}

Snapshot::Snapshot(std::shared_ptr<const ProfileData> data)
    : shared_data_(std::move(data)), data_(*shared_data_),
      tunnel_built_in_(built_in_parameters<TunnelParameters>(data_.trace)),
      session_built_in_(built_in_parameters<SessionParameters>(data_.trace)), incoming_tunnels_(data_.peers.size()),
      shared_sessions_(data_.sessions.size() + data_.ppp.size()), ppp_configs_(data_.ppp.size()) {}

std::size_t Snapshot::TunnelKey::hash() const noexcept {
  return std::hash<std::string>{}(peer_profile) ^ establish_timeout_s * 0x9e3779b1U ^ udp_port;
}

std::size_t Snapshot::SessionKey::hash() const noexcept {
  const std::hash<std::string> text;
  return text(session_profile) ^ text(ppp_profile) * 31 ^
         ((std::size_t{trace} << 8) + static_cast<std::size_t>(type) + establish_timeout_s) * 0x9e3779b1U;
}

std::shared_ptr<const PppConfig> Snapshot::ppp_profile(const std::string& name) const {
  auto supplied = data_.ppp.find(name);
  const std::string& known_name = supplied ? name : default_name_;
  if (std::shared_ptr<const PppConfig> known = ppp_configs_.find(NameKey{known_name})) return known;
  if (!supplied) supplied = data_.ppp.find(default_name_);
  auto layers = layered<PppProfileParameters>(*supplied, data_.trace);
  auto config = std::make_shared<const PppConfig>(
      PppConfig{.in_force = std::move(layers.in_force), .supplied = std::move(layers.supplied)});
  ppp_configs_.add(NameKey{known_name}, config);
  return config;
}

// `profile` is what was supplied in the session profile; `given_now` is what the creator says. `settings`: where they
// are known already.
std::shared_ptr<const SessionConfig>
Snapshot::make_session(const TunnelConfig& tunnel, SessionType type, const std::string& profile_name,
                       const SessionParameters& profile, const SessionParameters& given_now, const SystemConfig& system,
                       SharedSessionSettings settings) const {
  auto config = make_wiped_config<SessionConfig>();
  Layered<SessionParameters> layers{.in_force = session_built_in_, .supplied = {}};
  apply(layers, profile, session_built_in_);
  layers.in_force.trace = layers.in_force.trace.value_or(0) & tunnel.in_force.trace.value_or(0);
  layers.supplied = {}; // what the profile gives is the profile's
  apply(layers, given_now, session_built_in_);
  SessionParameters& in_force = layers.in_force;
  in_force.session_type = type;
  in_force.profile_name = profile_name;
  if (given(given_now.ppp_profile_name)) {
    in_force.ppp_profile_name = given_now.ppp_profile_name;
  } else if (given(profile.ppp_profile_name) && *profile.ppp_profile_name != kDefaultName) {
    in_force.ppp_profile_name = profile.ppp_profile_name;
  } else {
    in_force.ppp_profile_name = tunnel.in_force.ppp_profile_name.value_or(kDefaultName);
  }
  config->in_force = std::move(layers.in_force);
  config->supplied = Supplied(layers.supplied);
  wipe(layers.supplied);
  config->settings = settings ? std::move(settings) : session_settings(config->in_force, system);
  config->ppp = ppp_profile(*config->in_force.ppp_profile_name);
  return config;
}

std::shared_ptr<const SessionConfig> Snapshot::for_incoming_session(const TunnelConfig& tunnel, SessionType type,
                                                                    const SystemConfig& system) const {
  std::string name = tunnel.in_force.session_profile_name.value_or(kDefaultName);
  auto profile = data_.sessions.find(name);
  if (!profile) {
    name = kDefaultName;
    profile = data_.sessions.find(name);
  }
  return shared_session(tunnel, type, name, *profile, system);
}

// One for all sessions of a profile for which nobody gives anything else.
std::shared_ptr<const SessionConfig> Snapshot::shared_session(const TunnelConfig& tunnel, SessionType type,
                                                              const std::string& profile_name,
                                                              const SessionParameters& profile,
                                                              const SystemConfig& system) const {
  SessionKey key{.session_profile = profile_name,
                 .ppp_profile = tunnel.in_force.ppp_profile_name.value_or(kDefaultName),
                 .trace = tunnel.in_force.trace.value_or(0),
                 .establish_timeout_s = system.session_establish_timeout_s,
                 .type = type};
  if (std::shared_ptr<const SessionConfig> config = shared_sessions_.find(key)) return config;
  auto config = make_session(tunnel, type, profile_name, profile, {}, system, {});
  shared_sessions_.add(std::move(key), config);
  return config;
}

SessionResult Snapshot::for_session(const TunnelConfig& tunnel, TunnelMode mode, const SessionParameters& parameters,
                                    const SystemConfig& system) const {
  if (auto checked = check_ranges(parameters); !checked) return tl::unexpected(checked.error());
  const std::string name = given(parameters.profile_name) ? *parameters.profile_name
                                                          : tunnel.in_force.session_profile_name.value_or(kDefaultName);
  const auto profile = data_.sessions.find(name);
  if (!profile) return fail(ControlFault::session_profile_not_found, name);

  SessionType wanted = parameters.session_type.value_or(SessionType::unspecified);
  if (wanted == SessionType::unspecified) wanted = profile->session_type.value_or(SessionType::unspecified);
  const ControlResult<SessionType> type = type_to_open(wanted, mode);
  if (!type) return tl::unexpected(type.error());

  auto config = shared_session(tunnel, *type, name, *profile, system);
  if (Supplied(parameters) != Supplied<SessionParameters>{})
    config = make_session(tunnel, *type, name, *profile, parameters, system,
                          concerns_settings(parameters) ? SharedSessionSettings{} : config->settings);
  const std::uint32_t minimum = config->in_force.minimum_bps.value_or(0);
  const std::uint32_t maximum = config->in_force.maximum_bps.value_or(0);
  if (maximum != 0 && maximum < minimum) {
    return fail(ControlFault::invalid_argument, "maximum_bps: " + std::to_string(maximum) +
                                                    ", allowed 0 or minimum_bps (" + std::to_string(minimum) +
                                                    ") and more");
  }
  return config;
}

} // namespace openl2tp::runtime

// One state of all profiles, and the inheritance between them. Immutable but for what it remembers having made.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/profiles/config_cache.hpp"
#include "runtime/profiles/profile_data.hpp"
#include "runtime/profiles/profiles.hpp"

namespace openl2tp::runtime {

/// Any thread at any time.
class Snapshot final : public Profiles {
 public:
  explicit Snapshot(std::shared_ptr<const ProfileData> data);

  [[nodiscard]] std::shared_ptr<const TunnelConfig>
  for_incoming_tunnel(const IpAddress& peer, std::string_view host_name, const SystemConfig& system) const override;
  [[nodiscard]] ControlResult<std::shared_ptr<const TunnelConfig>>
  for_tunnel(const TunnelParameters& parameters, const SystemConfig& system) const override;
  [[nodiscard]] std::shared_ptr<const SessionConfig> for_incoming_session(const TunnelConfig& tunnel, SessionType type,
                                                                          const SystemConfig& system) const override;
  [[nodiscard]] ControlResult<std::shared_ptr<const SessionConfig>>
  for_session(const TunnelConfig& tunnel, TunnelMode mode, const SessionParameters& parameters,
              const SystemConfig& system) const override;

 private:
  struct TunnelKey {
    std::string peer_profile;
    std::uint32_t establish_timeout_s;
    std::uint16_t udp_port;
    bool operator==(const TunnelKey&) const = default;
    [[nodiscard]] std::size_t hash() const noexcept;
  };
  struct SessionKey {
    std::string session_profile, ppp_profile;
    TraceMask trace; // of the tunnel
    std::uint32_t establish_timeout_s;
    SessionType type;
    bool operator==(const SessionKey&) const = default;
    [[nodiscard]] std::size_t hash() const noexcept;
  };
  struct NameKey {
    std::string name;
    bool operator==(const NameKey&) const = default;
    [[nodiscard]] std::size_t hash() const noexcept { return std::hash<std::string>{}(name); }
  };
  struct PeerMatch {
    std::string name;
    bool configured; // not merely the fallback
  };
  [[nodiscard]] PeerMatch match_peer(const IpAddress& peer, std::string_view host_name) const;
  [[nodiscard]] ControlResult<std::string> peer_profile_for(const TunnelParameters& parameters,
                                                            const TunnelParameters* named_profile) const;
  /// In force; of `default` when there is none of that name.
  [[nodiscard]] std::shared_ptr<const PppConfig> ppp_profile(const std::string& name) const;
  using SharedSessionSettings = std::shared_ptr<const protocol::SessionSettings>;
  [[nodiscard]] std::shared_ptr<const SessionConfig> shared_session(const TunnelConfig& tunnel, SessionType type,
                                                                    const std::string& profile_name,
                                                                    const SessionParameters& profile,
                                                                    const SystemConfig& system) const;
  [[nodiscard]] std::shared_ptr<const SessionConfig>
  make_session(const TunnelConfig& tunnel, SessionType type, const std::string& profile_name,
               const SessionParameters& profile, const SessionParameters& given, const SystemConfig& system,
               SharedSessionSettings settings) const;

  std::shared_ptr<const ProfileData> shared_data_;
  const ProfileData& data_;
  TunnelParameters tunnel_built_in_;
  SessionParameters session_built_in_;
  mutable ConfigCache<TunnelKey, TunnelConfig> incoming_tunnels_;
  mutable ConfigCache<SessionKey, SessionConfig> shared_sessions_;
  mutable ConfigCache<NameKey, PppConfig> ppp_configs_;
  const std::string default_name_ = kDefaultName;
};

} // namespace openl2tp::runtime

// Who may have a tunnel or a call: the operator's limits and switches, profiles, and the plugins that judge. Counts
// what it lets in; whoever ends it gives the place back (TunnelBook). [shard]
#pragma once

#include <cstdint>
#include <memory>

#include <tl/expected.hpp>

#include "protocol/policy.hpp"
#include "protocol/wire/message.hpp"
#include "runtime/control.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/profiles/profiles.hpp"
#include "runtime/shard/object_counts.hpp"

namespace openl2tp::runtime {

class Admission {
 public:
  /// `counts` and `plugins` outlive it.
  Admission(ObjectCounts& counts, PluginHost& plugins, const SystemConfig& system,
            std::shared_ptr<const Profiles> profiles)
      : counts_(counts), plugins_(plugins), system_(system), profiles_(std::move(profiles)) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  [[nodiscard]] const SystemConfig& system() const noexcept { return system_; }
  void set_system(const SystemConfig& system) { system_ = system; }
  [[nodiscard]] const Profiles& profiles() const noexcept { return *profiles_; }
  void set_profiles(std::shared_ptr<const Profiles> profiles) noexcept { profiles_ = std::move(profiles); }
  /// The shard ends: no peer gets a tunnel any more.
  void close() noexcept { closed_ = true; }

  /// A place for one more tunnel or session. @return false when the operator's limit is reached.
  [[nodiscard]] bool count_tunnel() noexcept { return ObjectCounts::take(counts_.tunnels, system_.tunnels_max); }
  [[nodiscard]] bool count_session() noexcept { return ObjectCounts::take(counts_.sessions, system_.sessions_max); }

  /// A peer asks for a tunnel. @return its configuration; then it has been counted, if it `counts`: one that takes the
  /// place of another does not yet
  [[nodiscard]] tl::expected<std::shared_ptr<const TunnelConfig>, protocol::Refusal>
  judge_tunnel(const protocol::Route& route, const protocol::Sccrq& request, bool counts = true);
  /// The peer of a tunnel asks for a call by ICRQ or OCRQ. @return as judge_tunnel()
  [[nodiscard]] tl::expected<std::shared_ptr<const SessionConfig>, protocol::Refusal>
  judge_session(protocol::TunnelId tunnel, const TunnelConfig& of, const protocol::Message& request);
  /// What hidden AVPs of an SCCRQ from `peer` may be opened with.
  [[nodiscard]] protocol::Secret secret_for(const protocol::Endpoint& peer) const;

 private:
  [[nodiscard]] tl::expected<void, protocol::Refusal>
  ask_policies(const protocol::Route& route, const protocol::Sccrq& request, const TunnelConfig& config);
  [[nodiscard]] tl::expected<void, protocol::Refusal> ask_policies(protocol::TunnelId tunnel,
                                                                   const protocol::Message& request);

  ObjectCounts& counts_;
  PluginHost& plugins_;
  SystemConfig system_;
  std::shared_ptr<const Profiles> profiles_;
  bool closed_ = false;
};

} // namespace openl2tp::runtime

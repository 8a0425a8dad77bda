// Decisions that an engine asks for while it handles a message: may this peer have a tunnel, this tunnel a call, and
// with which settings. The runtime answers from profiles and limits; tests from a table. RFC 2661 §5.1, §5.2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <tl/expected.hpp>

#include "protocol/action.hpp"
#include "protocol/settings.hpp"

namespace openl2tp::protocol {

enum class RefusalCause : std::uint8_t {
  denied,         // administratively
  not_authorised, // the peer is not one of those that may
  limit,          // a configured limit is reached
  resources,      // something ran out
};

struct Refusal {
  RefusalCause cause = RefusalCause::denied;
  Reason reason; // what StopCCN or CDN will say
};

/// Leave to go on. `user` is kept with the tunnel or session and comes back in TunnelGone or SessionEnded.
template <class Settings>
struct Admission {
  std::shared_ptr<const Settings> settings;
  std::uintptr_t user = 0;
};
using TunnelAdmission = Admission<TunnelSettings>;
using SessionAdmission = Admission<SessionSettings>;

/// SCCRQs of ours to one peer that wait for their answer (§4.4.3 Tie Breaker).
struct Crossing {
  bool any = false;
  std::optional<TieBreaker> lowest; // of those that carry one
  bool operator==(const Crossing&) const = default;
};

/// Called during engine calls on the shard's thread; must not block and must not call the engine.
class Policy {
 public:
  virtual ~Policy() = default;

  /// A peer asks for a tunnel. Views in `request` are valid during the call.
  virtual tl::expected<TunnelAdmission, Refusal> admit_tunnel(const Route& route, const Sccrq& request) = 0;
  /// The same for a peer that asks again under the id of a tunnel of its that is still up: it probably restarted, and
  /// the old tunnel ends when the new one comes up.
  virtual tl::expected<TunnelAdmission, Refusal> admit_returning_tunnel(const Route& route, const Sccrq& request) {
    return admit_tunnel(route, request);
  }
  /// The tunnel did not come into being after all; nothing else will be heard of `user`.
  virtual void withdraw_tunnel(std::uintptr_t user) = 0;

  /// The secret that hidden AVPs of an SCCRQ from `peer` may be opened with; empty when none is known.
  virtual Secret secret_for(const Endpoint& peer) = 0;

  /// A peer asks for a call: `request` is Icrq or Ocrq. `tunnel_user` is what was kept with the tunnel.
  virtual tl::expected<SessionAdmission, Refusal> admit_session(TunnelId tunnel, std::uintptr_t tunnel_user,
                                                                const Message& request) = 0;
  virtual void withdraw_session(std::uintptr_t user) = 0;

  // Where several engines make up one daemon, a peer's SCCRQ may reach another one than that whose SCCRQ it crosses.

  /// What this engine has under way to `peer` is now `ours`.
  virtual void note_crossing(const IpAddress& /*peer*/, const Crossing& /*ours*/) {}
  /// What the other engines have under way to `peer`.
  virtual Crossing crossing_elsewhere(const IpAddress& /*peer*/) { return {}; }
  /// To be passed on to the other engines' lose_ties().
  virtual void lose_elsewhere(const IpAddress& /*peer*/, const TieBreaker& /*winner*/) {}
};

} // namespace openl2tp::protocol

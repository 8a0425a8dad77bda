// Decisions that an engine asks for while it handles a message: may this peer have a tunnel, this tunnel a call, and
// with which settings. The runtime answers from profiles and limits; tests from a table.
#pragma once

#include <memory>

#include <tl/expected.hpp>

#include "protocol/action.hpp"
#include "protocol/settings.hpp"

namespace openl2tp::protocol {

enum class RefusalCause : std::uint8_t {
  denied,    // administratively
  limit,     // a configured limit is reached
  resources, // something ran out
};

struct Refusal {
  RefusalCause cause = RefusalCause::denied;
  Reason reason; // what StopCCN or CDN will say
};

/// Called during engine calls on the shard's thread; must not block and must not call the engine.
class Policy {
 public:
  virtual ~Policy() = default;

  /// A peer asks for a tunnel. Views in `request` are valid during the call.
  virtual tl::expected<std::shared_ptr<const TunnelSettings>, Refusal> admit_tunnel(const Route& route,
                                                                                    const Sccrq& request) = 0;

  /// The secret that hidden AVPs of an SCCRQ from `peer` may be opened with; empty when none is known.
  virtual Secret secret_for(const Endpoint& peer) = 0;

  /// A peer asks for a call: `request` is Icrq or Ocrq. `user` is what the runtime stored with the tunnel.
  virtual tl::expected<std::shared_ptr<const SessionSettings>, Refusal>
  admit_session(TunnelId tunnel, std::uintptr_t user, const Message& request) = 0;
};

} // namespace openl2tp::protocol

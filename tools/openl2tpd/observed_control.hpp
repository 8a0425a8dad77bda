// Tells a hub what management changed: the shards publish what happens, not what is asked for.
#pragma once

#include <atomic>

#include "protocol/trace.hpp"
#include "runtime/events.hpp"
#include "tools/openl2tpd/forwarding_control.hpp"

namespace openl2tp::daemon {

/// Thread rule of what it forwards to. Both outlive it.
class ObservedControl final : public ForwardingControl {
 public:
  /// `trace`: the trace flags that the system starts with.
  ObservedControl(runtime::Control& to, runtime::EventHub& hub, runtime::TraceMask trace = 0)
      : ForwardingControl(to), hub_(hub), traces_calls_((trace & protocol::trace::api) != 0) {}

  /// True while the system's trace flags ask for management calls.
  [[nodiscard]] const std::atomic<bool>& traces_calls() const noexcept { return traces_calls_; }

  Result<void> system_modify(const runtime::SystemChange& change) override {
    auto done = ForwardingControl::system_modify(change);
    if (done && change.trace && (change.trace_bits & protocol::trace::api) != 0)
      traces_calls_ = (*change.trace & protocol::trace::api) != 0;
    return done;
  }

  Result<std::uint16_t> tunnel_create(const runtime::TunnelParameters& parameters) override {
    auto id = ForwardingControl::tunnel_create(parameters);
    if (id) tell(runtime::MonitorEvent::Kind::tunnel_created, *id, 0);
    return id;
  }
  Result<void> tunnel_modify(const runtime::TunnelName& tunnel, const runtime::TunnelParameters& parameters) override {
    auto done = ForwardingControl::tunnel_modify(tunnel, parameters);
    if (done) tell(runtime::MonitorEvent::Kind::tunnel_created, id_of(tunnel), 0);
    return done;
  }
  Result<std::uint16_t> session_create(const runtime::TunnelName& tunnel,
                                       const runtime::SessionParameters& parameters) override {
    auto id = ForwardingControl::session_create(tunnel, parameters);
    if (id) tell(runtime::MonitorEvent::Kind::session_up, id_of(tunnel), *id);
    return id;
  }
  Result<void> session_modify(const runtime::SessionName& session,
                              const runtime::SessionParameters& parameters) override {
    auto done = ForwardingControl::session_modify(session, parameters);
    if (!done || !hub_.wanted()) return done;
    if (const auto report = session_get(session))
      tell(runtime::MonitorEvent::Kind::session_up, report->tunnel_id, report->session_id);
    return done;
  }

 private:
  void tell(runtime::MonitorEvent::Kind kind, std::uint16_t tunnel, std::uint16_t session) {
    if (!hub_.wanted() || tunnel == 0) return;
    runtime::MonitorEvent event;
    event.kind = kind;
    event.tunnel_id = tunnel;
    event.session_id = session;
    hub_.publish(std::move(event));
  }
  std::uint16_t id_of(const runtime::TunnelName& tunnel) {
    if (tunnel.id != 0 || !hub_.wanted()) return tunnel.id;
    const auto report = tunnel_get(tunnel);
    return report ? report->tunnel_id : std::uint16_t{0};
  }

  runtime::EventHub& hub_;
  std::atomic<bool> traces_calls_;
};

} // namespace openl2tp::daemon

// A management model that passes everything on to another: the base of those that watch or change one thing.
#pragma once

#include "runtime/control.hpp"

namespace openl2tp::daemon {

/// Thread rule of what it forwards to, which outlives it.
class ForwardingControl : public runtime::Control {
 public:
  template <class T>
  using Result = runtime::ControlResult<T>;

  explicit ForwardingControl(runtime::Control& to) : to_(to) {}

  [[nodiscard]] Result<runtime::SystemReport> system_get() override { return to_.system_get(); }
  Result<void> system_modify(const runtime::SystemChange& change) override { return to_.system_modify(change); }
  Result<std::uint16_t> tunnel_create(const runtime::TunnelParameters& parameters) override {
    return to_.tunnel_create(parameters);
  }
  Result<void> tunnel_delete(const runtime::TunnelName& tunnel, const std::string& reason) override {
    return to_.tunnel_delete(tunnel, reason);
  }
  Result<void> tunnel_modify(const runtime::TunnelName& tunnel, const runtime::TunnelParameters& parameters) override {
    return to_.tunnel_modify(tunnel, parameters);
  }
  [[nodiscard]] Result<runtime::TunnelReport> tunnel_get(const runtime::TunnelName& tunnel) override {
    return to_.tunnel_get(tunnel);
  }
  [[nodiscard]] Result<std::vector<std::uint16_t>> tunnel_list() override { return to_.tunnel_list(); }
  Result<std::uint16_t> session_create(const runtime::TunnelName& tunnel,
                                       const runtime::SessionParameters& parameters) override {
    return to_.session_create(tunnel, parameters);
  }
  Result<void> session_delete(const runtime::SessionName& session, const std::string& reason) override {
    return to_.session_delete(session, reason);
  }
  Result<void> session_modify(const runtime::SessionName& session,
                              const runtime::SessionParameters& parameters) override {
    return to_.session_modify(session, parameters);
  }
  [[nodiscard]] Result<runtime::SessionReport> session_get(const runtime::SessionName& session) override {
    return to_.session_get(session);
  }
  [[nodiscard]] Result<std::vector<std::uint16_t>> session_list(const runtime::TunnelName& tunnel) override {
    return to_.session_list(tunnel);
  }
  [[nodiscard]] Result<std::vector<runtime::PeerReport>> peer_list() override { return to_.peer_list(); }
  [[nodiscard]] Result<std::vector<runtime::UserReport>> user_list() override { return to_.user_list(); }
  [[nodiscard]] Result<runtime::UserPage> users_after(std::uint16_t tunnel, std::uint16_t session,
                                                      std::uint32_t most) override {
    return to_.users_after(tunnel, session, most);
  }
  [[nodiscard]] Result<std::uint32_t> peer_profile_uses(const std::string& name) override {
    return to_.peer_profile_uses(name);
  }
  [[nodiscard]] Result<runtime::ProfileUses> peer_profile_uses() override { return to_.peer_profile_uses(); }
  [[nodiscard]] Result<std::vector<std::string>> profile_users(runtime::ProfileKind kind, const std::string& name,
                                                               std::size_t most) override {
    return to_.profile_users(kind, name, most);
  }
  [[nodiscard]] runtime::ProfileStore& profiles() override { return to_.profiles(); }
  [[nodiscard]] runtime::FaultControl* faults() override { return to_.faults(); }

 private:
  runtime::Control& to_;
};

} // namespace openl2tp::daemon

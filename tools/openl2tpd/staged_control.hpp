// A management model without a daemon: it checks what it is asked for as the real one does and writes it down. The
// commands of a configuration file run against it.
#pragma once

#include <unordered_map>

#include "runtime/profiles/profiles.hpp"
#include "tools/openl2tpd/configuration.hpp"

namespace openl2tp::daemon {

/// One thread at a time.
class StagedControl final : public runtime::Control {
 public:
  template <class T>
  using Result = runtime::ControlResult<T>;

  /// `system`: the system parameters where no file sets them. `trace`: trace flags of new objects.
  StagedControl(const runtime::SystemConfig& system, runtime::TraceMask trace);

  /// What follows comes from this line.
  void at_line(unsigned line) {
    line_ = line;
    detail_.clear();
  }
  /// Why the last call of this line that failed did; may be empty.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
  /// What was asked for. The control is of no further use.
  [[nodiscard]] Configuration take();

  [[nodiscard]] Result<runtime::SystemReport> system_get() override;
  Result<void> system_modify(const runtime::SystemChange& change) override;
  Result<std::uint16_t> tunnel_create(const runtime::TunnelParameters& parameters) override;
  Result<void> tunnel_delete(const runtime::TunnelName& tunnel, const std::string& reason) override;
  Result<void> tunnel_modify(const runtime::TunnelName& tunnel, const runtime::TunnelParameters& parameters) override;
  [[nodiscard]] Result<runtime::TunnelReport> tunnel_get(const runtime::TunnelName& tunnel) override;
  [[nodiscard]] Result<std::vector<std::uint16_t>> tunnel_list() override;
  Result<std::uint16_t> session_create(const runtime::TunnelName& tunnel,
                                       const runtime::SessionParameters& parameters) override;
  Result<void> session_delete(const runtime::SessionName& session, const std::string& reason) override;
  Result<void> session_modify(const runtime::SessionName& session,
                              const runtime::SessionParameters& parameters) override;
  [[nodiscard]] Result<runtime::SessionReport> session_get(const runtime::SessionName& session) override;
  [[nodiscard]] Result<std::vector<std::uint16_t>> session_list(const runtime::TunnelName& tunnel) override;
  [[nodiscard]] Result<std::vector<runtime::PeerReport>> peer_list() override { return {}; }
  [[nodiscard]] Result<std::vector<runtime::UserReport>> user_list() override { return {}; }
  [[nodiscard]] Result<runtime::UserPage> users_after(std::uint16_t, std::uint16_t, std::uint32_t) override {
    return {};
  }
  [[nodiscard]] Result<std::uint32_t> peer_profile_uses(const std::string&) override { return 0U; }
  [[nodiscard]] Result<runtime::ProfileUses> peer_profile_uses() override { return runtime::ProfileUses{}; }
  [[nodiscard]] runtime::ProfileStore& profiles() override { return *plan_.profiles; }

 private:
  tl::unexpected<runtime::ControlError> fail(runtime::ControlFault fault, std::string detail);
  tl::unexpected<runtime::ControlError> fail(runtime::ControlError error);
  [[nodiscard]] PlannedTunnel* find(const runtime::TunnelName& tunnel);
  [[nodiscard]] Result<PlannedTunnel*> required(const runtime::TunnelName& tunnel);
  [[nodiscard]] Result<PlannedSession*> required(const runtime::SessionName& session);
  [[nodiscard]] Result<std::shared_ptr<const runtime::TunnelConfig>>
  resolved(const runtime::TunnelParameters& parameters);

  /// Places in plan_.tunnels by what the file calls them; of deleted ones there is none.
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<std::uint16_t, std::size_t> by_id_;
  std::vector<bool> deleted_; // as long as plan_.tunnels
  runtime::SystemConfig system_;
  Configuration plan_;
  unsigned line_ = 0;
  std::string detail_;
};

} // namespace openl2tp::daemon

// From one configuration to the next: what the file asks for now, less what it asked for before, applied to the running
// daemon. openl2tpd.conf(5) says what that means.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/profiles/profiles.hpp"
#include "tools/openl2tpd/config_text.hpp"
#include "tools/openl2tpd/configuration.hpp"

namespace openl2tp::daemon {

/// How many objects a configuration changed.
struct Applied {
  unsigned created = 0, modified = 0, replaced = 0, deleted = 0; // tunnels and sessions
  bool profiles = false, system = false;
};

/// One thread, none of the shards.
class Reconciler {
 public:
  /// `defaults`: the system parameters that hold where no file sets them. `say` takes a line about what could not be
  /// done after there was no way back (warning). `control` outlives it.
  Reconciler(runtime::Control& control, const runtime::SystemConfig& defaults,
             std::function<void(const std::string&)> say);

  /// Makes the daemon as `next` asks. What can fail comes first and is taken back when something fails: creating and
  /// modifying. Then what was replaced and what vanished is deleted.
  /// @error what was refused; the daemon is as before.
  [[nodiscard]] tl::expected<Applied, FileFault> apply(Configuration next);

  /// Tunnels whose id still rests after their deletion are made when it is free: call retry() every second while this
  /// is true.
  [[nodiscard]] bool has_pending() const noexcept { return !pending_.empty(); }
  void retry();

 private:
  struct Session {
    std::string key; // what makes it the same session in the next file
    PlannedSession plan;
    std::uint16_t id = 0; // 0: it is not there
  };
  struct Tunnel {
    std::string key;
    PlannedTunnel plan;
    std::uint16_t id = 0; // 0: it is not there
    std::vector<Session> sessions;
  };
  class Change; // one apply()

  [[nodiscard]] std::vector<Tunnel> keyed(const std::vector<PlannedTunnel>& plans) const;
  /// The report of a tunnel that is there, is ours and is not closing.
  [[nodiscard]] std::optional<runtime::TunnelReport> alive(const Tunnel& tunnel);
  [[nodiscard]] tl::expected<void, FileFault> create(Tunnel& tunnel);
  [[nodiscard]] tl::expected<void, FileFault> create(std::uint16_t tunnel, Session& session);

  runtime::Control& control_;
  const runtime::SystemConfig defaults_;
  std::function<void(const std::string&)> say_;
  Configuration before_; // without tunnels
  std::vector<Tunnel> tunnels_;
  struct Pending {
    std::size_t place; // in tunnels_
    unsigned attempts = 0;
  };
  std::vector<Pending> pending_;
};

} // namespace openl2tp::daemon

// What a session keeps for its scripts while its networks are up: what "down" is told was true when they came up. Only
// sessions that have scripts have one of these.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "plugins/ppp_engine/action.hpp"
#include "plugins/ppp_engine/clock.hpp"

namespace openl2tp::ppp_kernel {

struct ScriptNotes {
  struct Up {
    std::string interface_name, local, peer, user;
    ppp::TimePoint since;
  };

  std::string tty, ipparam;
  std::uint32_t speed = 0;
  std::array<std::optional<Up>, 2> networks; // up, by ppp::Network

  [[nodiscard]] std::optional<Up>& of(ppp::Network network) noexcept {
    return networks[static_cast<std::size_t>(network)];
  }
};

} // namespace openl2tp::ppp_kernel

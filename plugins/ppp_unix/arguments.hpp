// The command line of pppd, from what the daemon knows about a session and its PPP profile. Secrets and the user name
// are not in it: they go over the socket (report.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openl2tp/ppp.h>

namespace openl2tp::ppp_unix {

/// What pppd needs to know beyond the session.
struct Launch {
  std::string_view pppd_plugin; // absolute path of our part inside pppd
  std::uint32_t unit = 0;       // number of the interface
};

/// pppd's arguments, "pppd" itself first; the README has the table. Only parameters that the operator set appear, and
/// zero counts as not set. Texts are cut at a NUL octet.
[[nodiscard]] std::vector<std::string> pppd_arguments(const openl2tp_ppp_params& params, const Launch& launch);

/// Why pppd cannot be started with these parameters; nullopt: it can.
[[nodiscard]] std::optional<std::string_view> contradiction(const openl2tp_ppp_params& params) noexcept;

} // namespace openl2tp::ppp_unix
